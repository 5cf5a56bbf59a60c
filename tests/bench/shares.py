# SPDX-License-Identifier: Apache-2.0
"""Where the processor time of whole searches goes: samples of perf over all the parties' processes, counted by
what the code that ran was for. Needs perf (package linux-perf)."""

import collections
import pathlib
import shutil
import signal
import subprocess

# What a library does; in the order in which they are shown.
LIBRARIES = {
    "group operations": ("libdecaf",),
    "hashes, signatures, streams (libsodium)": ("libsodium",),
    "decoding of messages (protobuf-c)": ("libprotobuf-c",),
    "TLS (OpenSSL)": ("libssl", "libcrypto"),
    "gRPC": ("libgrpc", "libgpr", "libabsl", "libupb", "libaddress_sorting", "libre2", "libcares",
             "libstdc++"),
    "LMDB": ("liblmdb",),
}
KERNEL = "[kernel"
# Of the kernel's functions, by the beginning of the name or a part of it.
KERNEL_WORK = {
    "kernel: network": (
        "tcp_", "__tcp", "ip_", "__ip", "skb_", "__skb", "sock_", "inet_", "net_", "__netif", "loopback",
        "dev_", "__dev", "nf_", "ipt_", "copy_user", "rep_movs", "_copy_", "copyin", "copyout", "csum", "sk_",
        "__sk", "release_sock", "lock_sock", "eth_", "validate_xmit", "__alloc_skb", "napi"),
    "kernel: scheduling, waiting": (
        "sched", "__sched", "futex", "__futex", "try_to_wake", "wake_", "__wake", "ep_", "do_epoll",
        "__do_sys_epoll", "poll", "do_poll", "select_task", "enqueue", "dequeue", "pick_next", "update_",
        "finish_task", "switch_", "__switch", "context_switch", "hrtimer", "ktime", "eventfd", "psi_",
        "load_balance", "newidle", "mutex", "try_to_block", "prepare_to", "finish_wait", "exit_to_user",
        "syscall", "entry_", "do_syscall", "__x64_sys_futex", "ttwu", "reweight", "place_entity", "nanosleep"),
    "kernel: files and disk": (
        "ext4", "jbd2", "blk_", "submit_bio", "bio_", "filemap", "xfs_", "btrfs", "vfs_", "do_filp", "fsync",
        "sync_", "writeback", "nvme", "virtio", "iomap", "dput", "path_", "link_path"),
    "kernel: memory": (
        "clear_page", "page_", "__page", "handle_mm", "__handle_mm", "do_anonymous", "alloc_page",
        "__alloc_pages", "free_page", "free_unref", "unmap_", "zap_", "mmap", "do_mmap", "mas_", "mprotect",
        "change_p", "vma_", "lru_", "memcg", "mem_cgroup", "__mem_cgroup", "get_page", "rmqueue",
        "do_user_addr_fault", "exc_page_fault", "asm_exc_page", "error_entry", "madvise", "tlb", "flush_tlb"),
}
OTHER_KERNEL = "kernel: other"
OURS, MEMORY, OTHER = "Hearth's own code", "copying, allocating (libc)", "other"
ORDER = [*LIBRARIES, OURS, MEMORY, *KERNEL_WORK, OTHER_KERNEL, OTHER]


def why_not():
    """A reason why nothing can be measured here, or None."""
    if shutil.which("perf") is None:
        return "perf (package linux-perf) is not installed"
    done = subprocess.run(["perf", "record", "-q", "-a", "-e", "cpu-clock", "-o", "/dev/null", "true"],
                          capture_output=True, check=False)
    return None if done.returncode == 0 else "perf may not sample the processes of others here (needs root)"


def kind_of(library, symbol):
    name = pathlib.PurePath(library).name
    if name.startswith(KERNEL):
        for kind, starts in KERNEL_WORK.items():
            if any(symbol.startswith(start) or start in symbol.split(".")[0] for start in starts):
                return kind
        return OTHER_KERNEL
    for kind, starts in LIBRARIES.items():
        if name.startswith(starts):
            return kind
    if name.startswith("hearth"):
        return OURS
    return MEMORY if name.startswith(("libc.", "libc-", "ld-")) else OTHER


class Sampling:
    """perf over everything that runs while it is used as a context; then counted for the processes that matter."""

    def __init__(self, path, hertz=499):
        self.path, self.hertz = path, hertz

    def __enter__(self):
        self.perf = subprocess.Popen(["perf", "record", "-q", "-a", "-e", "cpu-clock", "-F", str(self.hertz),
                                      "-o", str(self.path)],
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return self

    def __exit__(self, *_):
        self.perf.send_signal(signal.SIGINT)
        self.perf.wait(60)

    def read(self, parties):
        """parties: name by pid. A counter of kinds, and one of (library, symbol), by name of the party."""
        kinds = collections.defaultdict(collections.Counter)
        symbols = collections.defaultdict(collections.Counter)
        script = subprocess.run(["perf", "script", "-i", str(self.path), "-F", "pid,ip,sym,dso"],
                                capture_output=True, encoding="utf-8", errors="replace", check=True).stdout
        for line in script.splitlines():
            parts = line.split(None, 2)
            if len(parts) < 3 or int(parts[0]) not in parties:
                continue
            symbol, _, library = parts[2].rpartition(" (")
            party = parties[int(parts[0])]
            library = library.rstrip(")").removesuffix(" (deleted")
            kinds[party][kind_of(library, symbol)] += 1
            symbols[party][(pathlib.PurePath(library).name, symbol)] += 1
        return kinds, symbols


def show(kinds, symbols, hertz, searches, top=0):
    """Seconds a search and shares of all, a column a party."""
    names = list(kinds)
    total = sum(sum(kinds[name].values()) for name in names)
    print(f"\n{'CPU s a search':<42}" + "".join(f"{name:>10}" for name in names) + f"{'all':>10}{'share':>8}")
    for kind in [*ORDER, "all"]:
        counts = [sum(kinds[name].values()) if kind == "all" else kinds[name][kind] for name in names]
        if sum(counts):
            print(f"{kind:<42}" + "".join(f"{count / hertz / searches:>10.3f}" for count in counts)
                  + f"{sum(counts) / hertz / searches:>10.3f}{sum(counts) / total:>8.1%}")
    for name in names if top else []:
        print(f"\n{name}, most often seen")
        for (library, symbol), count in symbols[name].most_common(top):
            print(f"{count / hertz / searches:>9.3f} s  {library}  {symbol}")
