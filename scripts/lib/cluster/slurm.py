"""A Slurm cluster of one node that lives in a folder and dies with its owner.

Key, socket, ports, state and logs are its own; nothing of the system's Slurm is read or written. All of it runs as the
user who starts it, root or not.
"""

import contextlib
import ctypes
import os
import pathlib
import pwd
import secrets
import signal
import socket
import subprocess
import time

# Debian keeps the daemons where the path of an ordinary user may not lead.
PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
libc = ctypes.CDLL(None, use_errno=True)

CONFIGURATION = """\
ClusterName=stress-check
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=0
KillWait=20
NodeName=node NodeHostname={host} NodeAddr=127.0.0.1 CPUs={cpus} State=UNKNOWN
PartitionName=all Nodes=node Default=YES MaxTime=INFINITE State=UP
"""


class ClusterError(Exception):
    pass


def free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def user():
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        raise ClusterError(f"user {os.getuid()} has no name here, and Slurm wants one") from None


def die_with_parent():
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def children():
    """The processes that this one has to wait for, and that have not ended."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # The name, in parentheses, may hold blanks.
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
            if int(parent) == os.getpid() and state != "Z":
                found.append(int(stat.parent.name))
    return found


class Cluster:
    """A context: started on the way in; on the way out nothing of it is left running."""

    def __init__(self, folder, cpus):
        self.folder = pathlib.Path(folder)
        self.cpus = cpus
        self.daemons = []
        self.environment = {**os.environ, "PATH": PATH, "SLURM_CONF": str(self.folder / "slurm.conf")}
        # What a user has set for a cluster of his is not meant for this one.
        for name in list(self.environment):
            if name.startswith(("SBATCH_", "SCANCEL_", "SQUEUE_", "SLURM_")) and name != "SLURM_CONF":
                del self.environment[name]

    def __enter__(self):
        # Slurm's own processes leave their parents; they come to this one, so that none is lost.
        libc.prctl(PR_SET_CHILD_SUBREAPER, 1)
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        self.folder.mkdir()
        for name in ("state", "spool"):
            (self.folder / name).mkdir()
        key = self.folder / "munge.key"
        key.touch(mode=0o600)
        key.write_bytes(secrets.token_bytes(128))
        (self.folder / "slurm.conf").write_text(CONFIGURATION.format(
            host=socket.gethostname().split(".")[0], user=user(), folder=self.folder, cpus=self.cpus,
            ports=free_ports(2)))
        names = {"key-file": "munge.key", "socket": "munge.socket", "pid-file": "munge.pid", "log-file": "munge.log",
                 "seed-file": "munge.seed"}
        # By force where a folder above is closed to other users: none has to get in.
        self.daemon("munged", "--foreground", "--force", *[
            f"--{option}={self.folder / name}" for option, name in names.items()])
        self.wait("munged", lambda: (self.folder / "munge.socket").exists())
        self.daemon("slurmctld", "-D")
        self.daemon("slurmd", "-D", "-N", "node")
        self.wait("slurmctld and slurmd", lambda: self.command("sinfo", "-h", "-o", "%T", quiet=True) == "idle")

    def daemon(self, name, *arguments):
        with open(self.folder / f"{name}.out", "wb") as output:
            try:
                self.daemons.append(subprocess.Popen(
                    [name, *arguments], stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=self.environment,
                    cwd=self.folder, preexec_fn=die_with_parent, start_new_session=True))
            except OSError as error:
                raise ClusterError(f"{name} cannot be started: {error.strerror}") from error

    def wait(self, what, test, seconds=60):
        end = time.monotonic() + seconds
        while not test():
            for daemon in self.daemons:
                if daemon.poll() is not None:
                    raise ClusterError(f"{daemon.args[0]} ended with {daemon.returncode}: {self.last_words(daemon)}")
            if time.monotonic() > end:
                words = "; ".join(self.last_words(daemon) for daemon in self.daemons)
                raise ClusterError(f"nothing of {what} after {seconds} s: {words}")
            time.sleep(0.05)

    def last_words(self, daemon):
        lines = (self.folder / f"{daemon.args[0]}.out").read_text(errors="replace").splitlines()
        return " / ".join(lines[-3:]) or "it said nothing"

    def command(self, *words, quiet=False):
        """The output of one of Slurm's commands, empty if it failed."""
        result = subprocess.run(
            words, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if quiet else None, text=True, timeout=120)
        return result.stdout.strip() if result.returncode == 0 else ""

    def queue(self):
        """The jobs that have not ended, each task of an array by itself: its id and state."""
        lines = self.command("squeue", "-h", "-r", "-o", "%i %T").splitlines()
        return dict(line.split() for line in lines)

    def wait_until_idle(self):
        self.wait("the end of the jobs", lambda: not self.queue(), seconds=300)

    def stop(self):
        # From here on a second signal changes nothing: it would leave processes behind.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        for daemon in reversed(self.daemons):
            daemon.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                daemon.wait(5)
        # Jobs outlive slurmd, to be found by the next one; what they have started comes here when they end.
        while left := children():
            for process in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            time.sleep(0.05)
