# Drawn by circlet. To draw it again: gnuplot bench.gp
$series1 << EOD
256 1.5215479729581478
1024 9.182846999920002
4096 127.26428850055527
16384 2219.6816040004705
EOD
$series2 << EOD
256 1.118887714255834
1024 13.928314333497838
4096 224.66976000032446
16384 3162.6920660000906
EOD
$series3 << EOD
256 3.8075838666676036
1024 41.56117050024477
4096 719.3640089999462
16384 19696.44334900022
EOD
$series4 << EOD
256 3.923722166746302
1024 42.266499000106705
4096 1128.8967549999143
16384 38423.109352999745
EOD
$series5 << EOD
256 2.7873040000320706
1024 28.763777499989374
4096 436.25767699995777
16384 6222.225651000372
EOD
$series6 << EOD
256 11.251624333453947
1024 125.02575999997134
4096 2447.9541660002724
EOD
reset
set terminal pngcairo noenhanced size 760,460 font 'DejaVu Sans,11'
set output 'bench.png'
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
set output 'bench.svg'
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
