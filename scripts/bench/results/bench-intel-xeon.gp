# Drawn by circlet. To draw it again: gnuplot bench-intel-xeon.gp
$series1 << EOD
256 0.6721496315629082
1024 6.818556999860448
4096 133.16289599970332
16384 2222.3191000011866
EOD
$series2 << EOD
256 0.8380335999390809
1024 11.13696633304547
4096 204.65400549983315
16384 3675.416566999047
EOD
$series3 << EOD
256 2.443181250055204
1024 31.09441800188506
4096 663.0256360003841
16384 19638.065555998764
EOD
$series4 << EOD
256 3.180309000526904
1024 36.3869299981161
4096 957.0613940013573
16384 42389.35347400184
EOD
$series5 << EOD
256 1.984034866715471
1024 21.9199684997875
4096 380.82123899948783
16384 5427.108097999735
EOD
$series6 << EOD
256 7.78415400054655
1024 107.33371800233726
4096 2664.707421001367
EOD
reset
set terminal pngcairo noenhanced size 760,460 font 'DejaVu Sans,11'
set output 'bench-intel-xeon.png'
set encoding utf8
set palette defined (0 "#440154", 1 "#414487", 2 "#2a788e", 3 "#22a884", \
  4 "#7ad151", 5 "#fde725")
set grid linetype 1 linewidth 0.6 linecolor '#dddddd'
set title 'Loss and gradient, D = 512: Intel(R) Xeon(R) Processor, 2 threads'
set xlabel 'batch size B'
set ylabel 'milliseconds'

set key above

set logscale x 2
set logscale y 10
plot $series1 using 1:2 axes x1y1 with linespoints linewidth 2 pointtype 7 pointsize 0.6 linecolor '#0072b2' title 'circlet', \
  $series2 using 1:2 axes x1y1 with linespoints linewidth 2 pointtype 7 pointsize 0.6 linecolor '#d55e00' title 'bare GEMMs', \
  $series3 using 1:2 axes x1y1 with linespoints linewidth 2 pointtype 7 pointsize 0.6 linecolor '#009e73' title 'eager, circlet', \
  $series4 using 1:2 axes x1y1 with linespoints linewidth 2 pointtype 7 pointsize 0.6 linecolor '#cc79a7' title 'PyTorch eager', \
  $series5 using 1:2 axes x1y1 with linespoints linewidth 2 pointtype 7 pointsize 0.6 linecolor '#e69f00' title 'torch.compile', \
  $series6 using 1:2 axes x1y1 with linespoints linewidth 2 pointtype 7 pointsize 0.6 linecolor '#56b4e9' title 'PML'
unset output
reset
set terminal svg noenhanced size 760,460 font 'DejaVu Sans,13' background 'white'
set output 'bench-intel-xeon.svg'
set encoding utf8
set palette defined (0 "#440154", 1 "#414487", 2 "#2a788e", 3 "#22a884", \
  4 "#7ad151", 5 "#fde725")
set grid linetype 1 linewidth 0.6 linecolor '#dddddd'
set title 'Loss and gradient, D = 512: Intel(R) Xeon(R) Processor, 2 threads'
set xlabel 'batch size B'
set ylabel 'milliseconds'

set key above

set logscale x 2
set logscale y 10
plot $series1 using 1:2 axes x1y1 with linespoints linewidth 2 pointtype 7 pointsize 0.6 linecolor '#0072b2' title 'circlet', \
  $series2 using 1:2 axes x1y1 with linespoints linewidth 2 pointtype 7 pointsize 0.6 linecolor '#d55e00' title 'bare GEMMs', \
  $series3 using 1:2 axes x1y1 with linespoints linewidth 2 pointtype 7 pointsize 0.6 linecolor '#009e73' title 'eager, circlet', \
  $series4 using 1:2 axes x1y1 with linespoints linewidth 2 pointtype 7 pointsize 0.6 linecolor '#cc79a7' title 'PyTorch eager', \
  $series5 using 1:2 axes x1y1 with linespoints linewidth 2 pointtype 7 pointsize 0.6 linecolor '#e69f00' title 'torch.compile', \
  $series6 using 1:2 axes x1y1 with linespoints linewidth 2 pointtype 7 pointsize 0.6 linecolor '#56b4e9' title 'PML'
unset output
