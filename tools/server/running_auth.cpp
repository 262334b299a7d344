// SPDX-License-Identifier: Apache-2.0
#include "tools/server/running_auth.h"

#include <exception>
#include <utility>

#include "core/log.h"
#include "tools/commands/auth_files.h"
#include "tools/options/password_file.h"

namespace fanlight {

RunningAuth::RunningAuth(const Options& options)
    : auth_file_(options.auth_file), link_key_(options.link_key) {
  for (const CameraOptions& camera : options.cameras) {
    if (!camera.is_directory()) cameras_.push_back(camera.name);
  }
  read_users();
  read_keys();
  if (!auth_file_.empty()) pool_ = std::make_unique<PasswordPool>(auth_);
}

void RunningAuth::read_users() {
  if (auth_file_.empty()) return;
  auto users = fanlight::read_users("--auth-file", auth_file_, cameras_);
  if (is_readable_by_all(auth_file_)) {
    log_warning(
        "--auth-file {}: every user of this machine may read the hashes of the passwords; "
        "chmod 640",
        auth_file_);
  }
  if (users.size() == 0) log_warning("--auth-file {}: there are no users in it", auth_file_);
  auth_.set_users(std::move(users));
}

void RunningAuth::read_keys() {
  if (link_key_.empty()) return;
  auto keys = read_link_keys("--link-key", link_key_);
  if (is_readable_by_all(link_key_)) {
    log_warning("--link-key {}: every user of this machine may read it, and sign links; chmod 600",
                link_key_);
  }
  auth_.set_keys(std::move(keys));
}

void RunningAuth::reload() noexcept {
  const auto again = [this](const std::string& file, void (RunningAuth::*read)()) {
    if (file.empty()) return;
    try {
      (this->*read)();
      log_info("reload: {} is in force as it is now", file);
    } catch (const std::exception& error) {
      log_error("reload: {}; what was read before stays in force", error.what());
    }
  };
  again(auth_file_, &RunningAuth::read_users);
  again(link_key_, &RunningAuth::read_keys);
}

std::unique_ptr<RunningAuth> open_auth(const Options& options) {
  if (options.auth_file.empty() && options.link_key.empty()) return nullptr;
  return std::make_unique<RunningAuth>(options);
}

}  // namespace fanlight
