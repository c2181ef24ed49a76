#!/bin/sh
# scripts/slurm/study.sbatch on a real Slurm of one machine, made for this and ended after it: two
# tasks share a study, one of them is queued again in the midst of its trial, and the other comes to
# the end with nothing lost. Usage: slurm.sh ROOT, as root (2: skipped, with the reason on stderr).
root=$1
for program in munged slurmctld slurmd sbatch; do
  command -v $program >/dev/null 2>&1 && continue
  echo "$program is missing (packages munge slurmctld slurmd slurm-client)" >&2
  exit 2
done
[ "$(id -u)" -eq 0 ] || { echo "only root can run slurmd" >&2; exit 2; }

folder=$(mktemp -d)
daemons=
finish() {
  [ "$daemons" ] && kill $daemons 2>/dev/null && wait
  [ "$1" -eq 0 ] && rm -rf "$folder" || echo "left as it was: $folder"
  exit "$1"
}
fail() { echo "$1"; finish 1; }

dd if=/dev/urandom of="$folder/key" bs=1024 count=1 2>/dev/null
chmod 600 "$folder/key"
munged --foreground --force --key-file="$folder/key" --socket="$folder/munge" \
  --pid-file="$folder/munge.pid" --log-file="$folder/munge.log" --seed-file="$folder/seed" \
  >"$folder/munged.out" 2>&1 &
daemons=$!
host=$(hostname -s)
mkdir "$folder/state" "$folder/spool"
cat >"$folder/slurm.conf" <<END
ClusterName=check
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=16817
SlurmdPort=16818
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/munge
CredType=cred/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(getconf _NPROCESSORS_ONLN) State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES State=UP
END
export SLURM_CONF="$folder/slurm.conf"
slurmctld -D >"$folder/slurmctld.out" 2>&1 &
daemons="$daemons $!"
slurmd -D >"$folder/slurmd.out" 2>&1 &
daemons="$daemons $!"

# within SECONDS COMMAND: until the command succeeds.
within() {
  left=$(($1 * 5))
  shift
  until "$@" >/dev/null 2>&1; do
    left=$((left - 1))
    [ $left -gt 0 ] || return 1
    sleep 0.2
  done
}
idle() { sinfo -h -o %t | grep -q idle; }
within 30 idle || fail "Slurm does not start"

# count STATE: how many trials of the study are in that state.
count() {
  "${LUA:-lua5.4}" -e "print(#require('circlet').study.open { path = '$folder/a.journal' }:trials '$1')"
}
cd "$root" || fail "no $root"
job=$(sbatch --parsable --array=0-1 --cpus-per-task=1 --output="$folder/task-%a.log" \
  scripts/slurm/study.sbatch spec/study/job.lua "$folder/a.journal" 1 wait) || fail "sbatch failed"
both_run() { [ "$(count running)" -eq 2 ]; }
within 30 both_run || fail "the tasks do not run: $(squeue; cat "$folder"/task-*.log)"
scontrol requeue "${job}_0" || fail "scontrol requeue failed"
again() { [ "$(count waiting)" -eq 1 ]; }
within 60 again || fail "the trial of the task that was queued again does not wait: $(squeue)"
touch "$folder/a.journal.go"
complete() { [ "$(count complete)" -eq 8 ]; }
within 60 complete || fail "the study does not come to its end: $(squeue; cat "$folder"/task-*.log)"
[ "$(count running)" -eq 0 ] || fail "a trial was left running"
squeue -h -r -o "%i %t" | grep -q "^${job}_0 PD" || fail "task 0 is not queued again: $(squeue -r)"
scancel "$job"
echo "two tasks, one queued again in the midst of a trial: 8 of 8 trials complete"
finish 0
