# Drawn by circlet. To draw it again: gnuplot bench2.gp
$series1 << EOD
256 0.651358849972894
1024 6.408818999868042
4096 133.66684349966818
16384 2329.331144996104
EOD
$series2 << EOD
256 0.9968781111335072
1024 11.487662250146968
4096 270.4849190013192
16384 3916.670452999824
EOD
$series3 << EOD
256 2.6200390500889625
1024 30.409918497753097
4096 783.8669199991273
EOD
$series4 << EOD
256 3.1296164997911546
1024 32.93025749735534
4096 1193.2889020026778
EOD
$series5 << EOD
256 2.474369266807723
1024 22.575516497454373
4096 442.6082390018564
16384 6603.695985999366
EOD
$series6 << EOD
256 10.138687600556295
1024 89.62580250044994
4096 2530.3664870007196
EOD
reset
set terminal pngcairo noenhanced size 760,460 font 'DejaVu Sans,11'
set output 'bench2.png'
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
set output 'bench2.svg'
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
