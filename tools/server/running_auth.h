// SPDX-License-Identifier: Apache-2.0
// RunningAuth: the files of --auth-file and --link-key, in force.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "http/auth/auth.h"
#include "http/auth/password_pool.h"
#include "tools/options/options.h"

namespace fanlight {

// Owns: what the shards need, and the threads that verify passwords.
// Thread: main's; it outlives the shards.
class RunningAuth {
 public:
  // Reads the files. Throws StartError (config), std::system_error.
  explicit RunningAuth(const Options& options);

  Auth* auth() { return &auth_; }

  // Reads them again. A file with a mistake is reported, and what was read before stays in force.
  void reload() noexcept;

 private:
  void read_users();
  void read_keys();

  const std::string auth_file_;
  const std::string link_key_;
  std::vector<std::string> cameras_;
  Auth auth_;
  std::unique_ptr<PasswordPool> pool_;  // none without users' file
};

// nullptr if neither flag is given.
std::unique_ptr<RunningAuth> open_auth(const Options& options);

}  // namespace fanlight
