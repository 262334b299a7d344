// SPDX-License-Identifier: Apache-2.0
#include "sandbox/change_user.h"

#include <fmt/core.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <stdexcept>
#include <system_error>

#include "core/check.h"
#include "core/to_number.h"

namespace fanlight {
namespace {

// Called once, at start, from the only thread: getpwnam(3) and getgrnam(3) need not be reentrant.
const passwd* find_passwd(const std::string& name) {
  if (const passwd* found = ::getpwnam(name.c_str())) return found;
  const std::optional<uid_t> number = to_number<uid_t>(name);
  return number ? ::getpwuid(*number) : nullptr;
}

std::optional<gid_t> find_group(const std::string& name) {
  if (const struct group* found = ::getgrnam(name.c_str())) return found->gr_gid;
  return to_number<gid_t>(name);
}

std::vector<gid_t> groups_of(const std::string& name, gid_t group) {
  std::vector<gid_t> groups(32);
  int count = static_cast<int>(groups.size());
  if (::getgrouplist(name.c_str(), group, groups.data(), &count) < 0) {
    groups.resize(static_cast<size_t>(count));
    if (::getgrouplist(name.c_str(), group, groups.data(), &count) < 0) count = 0;
  }
  groups.resize(static_cast<size_t>(count));
  return groups;
}

void require(bool success, const char* what) {
  if (!success) throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

UserIds find_user(const std::string& user, const std::string& group,
                  const std::vector<std::string>& others) {
  const passwd* found = find_passwd(user);
  if (found == nullptr) throw std::invalid_argument(fmt::format("there is no user '{}'", user));
  if (found->pw_uid == 0) {
    throw std::invalid_argument(fmt::format("'{}' is root; name a user without rights", user));
  }
  UserIds ids{found->pw_uid, found->pw_gid, {}};
  const std::string name = found->pw_name;
  if (!group.empty()) {
    const std::optional<gid_t> chosen = find_group(group);
    if (!chosen) throw std::invalid_argument(fmt::format("there is no group '{}'", group));
    ids.group = *chosen;
  }
  ids.groups = groups_of(name, ids.group);
  for (const std::string& other : others) {
    const struct group* entry = ::getgrnam(other.c_str());
    if (entry != nullptr) ids.groups.push_back(entry->gr_gid);
  }
  std::sort(ids.groups.begin(), ids.groups.end());
  ids.groups.erase(std::unique(ids.groups.begin(), ids.groups.end()), ids.groups.end());
  return ids;
}

void become(const UserIds& ids) {
  CHECK(ids.user != 0);
  require(::setgroups(ids.groups.size(), ids.groups.data()) == 0, "setgroups");
  require(::setresgid(ids.group, ids.group, ids.group) == 0, "setresgid");
  require(::setresuid(ids.user, ids.user, ids.user) == 0, "setresuid");
  require(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "PR_SET_NO_NEW_PRIVS");
  CHECK(::setresuid(0, 0, 0) != 0);
}

}  // namespace fanlight
