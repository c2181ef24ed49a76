# Drawn by circlet. To draw it again: gnuplot bench-amd-epyc.gp
$series1 << EOD
256 0.8825884285345508
1024 9.846480999840423
4096 175.46050700002525
16384 2784.2186970010516
EOD
$series2 << EOD
256 1.1109337143092748
1024 17.52865699972972
4096 280.84897799999453
16384 4703.789148999931
EOD
$series3 << EOD
256 1.9865875769238093
1024 31.092046999674494
4096 749.137894001251
16384 19975.087464999888
EOD
$series4 << EOD
256 3.074620777826769
1024 48.552286999438365
4096 1277.9301129994565
16384 31340.495653999824
EOD
$series5 << EOD
256 2.352117636374632
1024 32.3405310000453
4096 533.2412379993912
16384 8510.222913000689
EOD
$series6 << EOD
256 8.542222666619637
1024 103.33276299979843
4096 3086.692828001105
EOD
set terminal pngcairo noenhanced size 760,460 font 'DejaVu Sans,11'
set output 'bench-amd-epyc.png'
set encoding utf8
set title 'Loss and gradient, D = 512: AMD EPYC, 2 threads'
set xlabel 'batch size B'
set ylabel 'milliseconds'


set grid linecolor '#dddddd'
set key above

set logscale x 2
set logscale y 10
plot $series1 using 1:2 axes x1y1 with linespoints linewidth 2 pointtype 7 pointsize 0.6 title 'circlet', \
  $series2 using 1:2 axes x1y1 with linespoints linewidth 2 pointtype 7 pointsize 0.6 title 'bare GEMMs', \
  $series3 using 1:2 axes x1y1 with linespoints linewidth 2 pointtype 7 pointsize 0.6 title 'eager, circlet', \
  $series4 using 1:2 axes x1y1 with linespoints linewidth 2 pointtype 7 pointsize 0.6 title 'PyTorch eager', \
  $series5 using 1:2 axes x1y1 with linespoints linewidth 2 pointtype 7 pointsize 0.6 title 'torch.compile', \
  $series6 using 1:2 axes x1y1 with linespoints linewidth 2 pointtype 7 pointsize 0.6 title 'PML'
unset output
set terminal svg noenhanced size 760,460 font 'DejaVu Sans,13' background 'white'
set output 'bench-amd-epyc.svg'
set encoding utf8
set title 'Loss and gradient, D = 512: AMD EPYC, 2 threads'
set xlabel 'batch size B'
set ylabel 'milliseconds'


set grid linecolor '#dddddd'
set key above

set logscale x 2
set logscale y 10
plot $series1 using 1:2 axes x1y1 with linespoints linewidth 2 pointtype 7 pointsize 0.6 title 'circlet', \
  $series2 using 1:2 axes x1y1 with linespoints linewidth 2 pointtype 7 pointsize 0.6 title 'bare GEMMs', \
  $series3 using 1:2 axes x1y1 with linespoints linewidth 2 pointtype 7 pointsize 0.6 title 'eager, circlet', \
  $series4 using 1:2 axes x1y1 with linespoints linewidth 2 pointtype 7 pointsize 0.6 title 'PyTorch eager', \
  $series5 using 1:2 axes x1y1 with linespoints linewidth 2 pointtype 7 pointsize 0.6 title 'torch.compile', \
  $series6 using 1:2 axes x1y1 with linespoints linewidth 2 pointtype 7 pointsize 0.6 title 'PML'
unset output
