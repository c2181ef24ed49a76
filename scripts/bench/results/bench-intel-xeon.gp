# Drawn by circlet. To draw it again: gnuplot bench-intel-xeon.gp
$series1 << EOD
256 0.8253984236389288
1024 7.807618399965577
4096 137.54291599616408
16384 2484.6745469985763
EOD
$series2 << EOD
256 1.0801083997648675
1024 15.9777383353988
4096 247.77536450346815
16384 3691.7710229972727
EOD
$series3 << EOD
256 2.968615736646921
1024 38.89605649965233
4096 830.4964970011497
EOD
$series4 << EOD
256 3.6625322500185575
1024 39.88801200466696
4096 1259.0366449949215
EOD
$series5 << EOD
256 2.4562490004124506
1024 27.39189699786948
4096 443.80125799943926
16384 6691.877536999527
EOD
$series6 << EOD
256 10.160246749364887
1024 132.3819450008159
4096 2976.99606900278
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
