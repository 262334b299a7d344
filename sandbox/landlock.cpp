// SPDX-License-Identifier: Apache-2.0
#include "sandbox/landlock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <vector>

#include "core/fd.h"
#include "core/join.h"
#include "sandbox/landlock_abi.h"

namespace fanlight {
namespace {

// ABI 1: all rights up to MAKE_SYM.
constexpr uint64_t kFirstRights = (uint64_t{LANDLOCK_ACCESS_FS_MAKE_SYM} << 1) - 1;

// Those of a file that is no folder; the kernel accepts no others for one.
constexpr uint64_t kRightsOfFile = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
                                   LANDLOCK_ACCESS_FS_READ_FILE | kLandlockTruncate |
                                   kLandlockDeviceIoctl;

constexpr uint64_t kRead = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

LandlockRuleset everything(int version) noexcept {
  LandlockRuleset rules;
  rules.handled_files = kFirstRights;
  // Without it, no file may be moved to another folder (ABI 1); with it as well, as none is given.
  if (version >= 2) rules.handled_files |= LANDLOCK_ACCESS_FS_REFER;
  if (version >= 3) rules.handled_files |= kLandlockTruncate;
  if (version >= 4) rules.handled_network = kLandlockBindTcp | kLandlockConnectTcp;
  if (version >= 5) rules.handled_files |= kLandlockDeviceIoctl;
  if (version >= 6) rules.scoped = kLandlockScopeAbstractSockets | kLandlockScopeSignals;
  return rules;
}

uint64_t rights_for(FileUse use) noexcept {
  switch (use) {
    case FileUse::list:
      return LANDLOCK_ACCESS_FS_READ_DIR;
    case FileUse::read:
      return kRead;
    case FileUse::append:
      return LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG;
    case FileUse::keep:
      return kRead | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |
             LANDLOCK_ACCESS_FS_REMOVE_FILE | kLandlockTruncate;
    case FileUse::devices:
      return kRead | LANDLOCK_ACCESS_FS_WRITE_FILE | kLandlockDeviceIoctl;
    case FileUse::remove:
      return LANDLOCK_ACCESS_FS_REMOVE_FILE;
  }
  return 0;
}

void permit(const Fd& rules, uint64_t handled, const SandboxFile& file) {
  const Fd opened(::open(file.path.c_str(), O_PATH | O_CLOEXEC));
  if (!opened) return;  // it has just been removed, or this user may not reach it anyway
  struct stat status {};
  if (::fstat(opened.get(), &status) != 0) fail(file.path);
  landlock_path_beneath_attr rule{};
  rule.parent_fd = opened.get();
  rule.allowed_access = rights_for(file.use) & handled;
  if (!S_ISDIR(status.st_mode)) rule.allowed_access &= kRightsOfFile;
  if (rule.allowed_access == 0) return;
  if (::syscall(SYS_landlock_add_rule, rules.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0) {
    fail("landlock_add_rule: " + file.path);
  }
}

}  // namespace

int landlock_version() noexcept {
  const long version =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version < 0 ? -errno : static_cast<int>(version);
}

std::string missing_in_landlock(int version) {
  std::vector<std::string> missing;
  if (version < 3) missing.emplace_back("cutting of files");
  if (version < 4) missing.emplace_back("TCP ports");
  if (version < 5) missing.emplace_back("ioctl on devices");
  if (version < 6) missing.emplace_back("abstract UNIX sockets, signals");
  return join(missing, ", ");
}

void confine_files(const SandboxFiles& files, int version) {
  LandlockRuleset wanted = everything(version);
  if (files.may_connect()) wanted.handled_network &= ~kLandlockConnectTcp;
  const Fd rules(
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &wanted, sizeof wanted, 0)));
  if (!rules) fail("landlock_create_ruleset");
  for (const SandboxFile& file : files.files()) permit(rules, wanted.handled_files, file);
  if (::syscall(SYS_landlock_restrict_self, rules.get(), 0) != 0) fail("landlock_restrict_self");
}

}  // namespace fanlight
