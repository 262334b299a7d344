// SPDX-License-Identifier: Apache-2.0
// Change user: root becomes another user, for good.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace fanlight {

struct UserIds {
  uid_t user = 0;
  gid_t group = 0;
  std::vector<gid_t> groups;  // with `group`
};

// The user's ids from the system's databases, with all groups that it is a member of. `group`: in
// place of its own, if not empty. `others`: groups that are added where they exist, because devices
// belong to them. Numbers are accepted for names, as in chown(1). Throws std::invalid_argument:
// "there is no user 'X'", or one that is root.
UserIds find_user(const std::string& user, const std::string& group,
                  const std::vector<std::string>& others);

// The process then has these ids, no capability, and no way to get any: PR_SET_NO_NEW_PRIVS is set.
// All threads change (nptl(7)). It leaves no core dump where fs.suid_dumpable forbids it. Throws
// std::system_error: EPERM unless it is root.
void become(const UserIds& ids);

}  // namespace fanlight
