// SPDX-License-Identifier: Apache-2.0
#include "sandbox/sandbox.h"

#include <fmt/core.h>
#include <sys/prctl.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "sandbox/landlock.h"
#include "sandbox/system_calls.h"

namespace fanlight {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kHasSanitizer = true;
#elif defined(__has_feature)
constexpr bool kHasSanitizer = __has_feature(address_sanitizer) ||
                               __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer);
#else
constexpr bool kHasSanitizer = false;
#endif

std::string reason(int error) {
  return std::generic_category().message(error);
}

[[noreturn]] void refuse(int error, const char* what) {
  throw std::system_error(error, std::generic_category(), what);
}

std::string describe_landlock(int version) {
  if (version < 0) return fmt::format("files are not confined: Landlock: {}", reason(-version));
  const std::string missing = missing_in_landlock(version);
  return fmt::format("files and ports (Landlock {}{}{})", version,
                     missing.empty() ? "" : ", which does not confine ", missing);
}

std::string describe_seccomp(int error) {
  if (error == 0) return "system calls (seccomp)";
  return fmt::format("system calls are not confined: seccomp: {}", reason(error));
}

struct Entered {
  int landlock;  // its version, or -errno
  int seccomp;   // 0 or errno
};

// As far as the kernel allows. Landlock first: its calls are not among those that remain.
Entered enter(const SandboxFiles& files) {
  Entered entered{landlock_version(), seccomp_error()};
  try {
    if (entered.landlock > 0) confine_files(files, entered.landlock);
  } catch (const std::system_error& failure) {
    entered.landlock = -failure.code().value();
  }
  try {
    if (entered.seccomp == 0) confine_system_calls();
  } catch (const std::system_error& failure) {
    entered.seccomp = failure.code().value();
  }
  return entered;
}

}  // namespace

bool has_sanitizer() noexcept {
  return kHasSanitizer;
}

Sandbox::Sandbox(SandboxMode mode, SandboxFiles files) : files_(std::move(files)) {
  if (mode == SandboxMode::off) {
    text_ = "off";
    return;
  }
  if (mode == SandboxMode::automatic && kHasSanitizer) {
    text_ = "off, because this program was built with a sanitizer";
    return;
  }
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) refuse(errno, "PR_SET_NO_NEW_PRIVS");
  const auto [version, error] = enter(files_);
  if (mode == SandboxMode::on && version < 0) refuse(-version, "Landlock");
  if (mode == SandboxMode::on && error != 0) refuse(error, "seccomp");
  confines_files_ = version > 0;
  confines_calls_ = error == 0;
  text_ = fmt::format("{}, {}", describe_landlock(version), describe_seccomp(error));
}

void Sandbox::complete() {
  if (confines_calls_) forbid_new_rings();
}

bool Sandbox::can_read(std::string_view path) const {
  return !confines_files_ || files_.can_read(path);
}

}  // namespace fanlight
