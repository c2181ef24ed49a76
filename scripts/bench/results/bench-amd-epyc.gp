# Drawn by circlet. To draw it again: gnuplot bench-amd-epyc.gp
$series1 << EOD
256 1.0192634999839356
1024 14.334702999803994
4096 273.84256000095775
16384 2974.3341089997557
EOD
$series2 << EOD
256 1.0357729997849674
1024 16.951760666415794
4096 501.4866769997752
16384 4376.663991000896
EOD
$series3 << EOD
256 1.9216258182165222
1024 42.52686250038096
4096 886.5963629996259
EOD
$series4 << EOD
256 2.8392731427239988
1024 47.57657600021048
4096 1442.9874140005268
EOD
$series5 << EOD
256 1.787271500039164
1024 31.539737499770126
4096 544.8434359987004
16384 8965.444624000156
EOD
$series6 << EOD
256 6.618046400035382
1024 113.14276150005753
4096 3333.719607999228
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
