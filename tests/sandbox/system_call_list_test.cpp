// SPDX-License-Identifier: Apache-2.0
#include "sandbox/system_call_list.h"

#include <gtest/gtest.h>
#include <seccomp.h>

#include <set>
#include <string>

namespace fanlight {
namespace {

TEST(SystemCallList, HasNoMisspeltAndNoRepeatedName) {
  std::set<std::string> names;
  for (const char* name : plain_system_calls()) {
    EXPECT_NE(seccomp_syscall_resolve_name(name), __NR_SCMP_ERROR) << name;
    EXPECT_TRUE(names.insert(name).second) << name;
  }
}

TEST(SystemCallList, HasNothingThatReachesOtherProcessesOrTheSystem) {
  const auto allowed = plain_system_calls();
  const std::set<std::string> names(allowed.begin(), allowed.end());
  for (const char* name : {"acct",
                           "add_key",
                           "bpf",
                           "chmod",
                           "chown",
                           "chroot",
                           "clone",
                           "clone3",
                           "delete_module",
                           "execve",
                           "execveat",
                           "fchmod",
                           "fchown",
                           "finit_module",
                           "fork",
                           "init_module",
                           "ioctl",
                           "ioperm",
                           "iopl",
                           "kexec_load",
                           "keyctl",
                           "kill",
                           "landlock_restrict_self",
                           "link",
                           "listen",
                           "mkdir",
                           "mknod",
                           "mmap",
                           "mount",
                           "move_mount",
                           "mprotect",
                           "name_to_handle_at",
                           "open_by_handle_at",
                           "open_tree",
                           "openat2",
                           "perf_event_open",
                           "personality",
                           "pidfd_open",
                           "pidfd_getfd",
                           "pivot_root",
                           "pkey_mprotect",
                           "prctl",
                           "process_vm_readv",
                           "process_vm_writev",
                           "ptrace",
                           "reboot",
                           "rename",
                           "request_key",
                           "setgid",
                           "setgroups",
                           "setns",
                           "setresuid",
                           "setuid",
                           "shmat",
                           "socket",
                           "socketpair",
                           "swapon",
                           "symlink",
                           "tkill",
                           "umount2",
                           "unshare",
                           "userfaultfd",
                           "vfork",
                           "vmsplice"}) {
    EXPECT_EQ(names.count(name), 0u) << name;
  }
}

}  // namespace
}  // namespace fanlight
