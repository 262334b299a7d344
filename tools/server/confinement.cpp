// SPDX-License-Identifier: Apache-2.0
#include "tools/server/confinement.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include "capture/source/names_in.h"
#include "capture/source/plugin.h"
#include "core/log.h"
#include "sandbox/change_user.h"
#include "tools/flags/exit_code.h"
#include "tools/options/option_table.h"
#include "tools/options/password_file.h"
#include "tools/options/source_spec.h"

namespace fanlight {
namespace {

namespace fs = std::filesystem;

// Libraries, some of which are loaded late (of the resolver, libcamera, libv4l), and their data.
constexpr const char* kLibraries[] = {
    "/usr/lib",
    "/usr/lib64",
    "/lib",
    "/lib64",
    "/usr/local/lib",
    "/etc/ld.so.cache",
    "/etc/ssl/openssl.cnf",
    "/usr/share/zoneinfo",
    "/etc/localtime",
    "/usr/share/locale",
    "/usr/share/libcamera",
    "/usr/local/share/libcamera",
    "/etc/libcamera",
    "/etc/udev",
};

// What the machine and its devices are. Landlock lets no other process be examined through /proc.
// Without the whole of /sys, libcamera 0.0.3 finds no name for a USB camera.
constexpr const char* kMachine[] = {"/proc", "/sys", "/run/udev", "/dev/urandom", "/dev/random"};

// The resolver's files. resolv.conf may be a link into one of these folders.
constexpr const char* kResolver[] = {
    "/etc/resolv.conf", "/etc/nsswitch.conf",  "/etc/hosts",     "/etc/host.conf",
    "/etc/gai.conf",    "/etc/services",       "/etc/protocols", "/run/systemd/resolve",
    "/run/resolvconf",  "/run/NetworkManager", "/run/connman",
};

constexpr const char* kCertificates[] = {
    "/etc/ssl/certs",
    "/usr/share/ca-certificates",
    "/usr/local/share/ca-certificates",
    "/etc/ssl/ct_log_list.cnf",
};

// libcamera's own variables, each with a list of folders or a file.
constexpr const char* kLibcameraVariables[] = {
    "LIBCAMERA_IPA_MODULE_PATH",    "LIBCAMERA_IPA_CONFIG_PATH", "LIBCAMERA_IPA_PROXY_PATH",
    "LIBCAMERA_RPI_CONFIG_FILE",    "LIBCAMERA_RPI_TUNING_FILE", "LIBCAMERA_CONFIG_FILE",
    "LIBCAMERA_SIMPLE_TUNING_FILE",
};

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool is_device(const CameraOptions& camera) {
  return camera.source == "auto" || camera.source.starts_with("v4l2") ||
         camera.source.starts_with("libcamera");
}

bool has_device(const Options& options) {
  return std::any_of(options.cameras.begin(), options.cameras.end(), is_device);
}

template <class Paths>
void read_all(SandboxFiles& files, const Paths& paths) {
  for (const auto& path : paths) files.read(path);
}

void read_list(SandboxFiles& files, std::string_view folders) {
  while (!folders.empty()) {
    const size_t size = std::min(folders.find(':'), folders.size());
    if (size > 0) files.read(folders.substr(0, size));
    folders.remove_prefix(std::min(size + 1, folders.size()));
  }
}

// A camera that is plugged in again is a new file in /dev, so a server that has one may use what
// its user may. Any other server only lists the devices that are there at its start.
void use_devices(SandboxFiles& files, const Options& options) {
  for (const char* name : kLibcameraVariables) read_list(files, variable(name));
  read_all(files, plugin_folders());
  if (has_device(options)) return files.devices("/dev");
  files.list("/dev");
  std::error_code error;
  for (const std::string& name : names_in("/dev", error)) {
    for (const char* kind : {"video", "media", "v4l-subdev"}) {
      if (name.starts_with(kind)) files.devices("/dev/" + name);
    }
  }
}

// resolv.conf is replaced when the network changes. An ordinary user may read all of /etc that it
// may read anyway; root, who could read /etc/shadow there, gets along with the file of the start.
void use_network(SandboxFiles& files) {
  files.allow_connections();
  if (::geteuid() != 0) files.read("/etc");
  read_all(files, kResolver);
  read_all(files, kCertificates);
  if (const std::string file = variable("SSL_CERT_FILE"); !file.empty()) files.read_again(file);
  read_list(files, variable("SSL_CERT_DIR"));
}

void use_source(SandboxFiles& files, const CameraOptions& camera) {
  constexpr std::string_view kFolder = "files:", kLatest = "latest:";
  const std::string_view source = camera.source;
  std::error_code error;
  if (source.starts_with(kFolder)) {
    files.read_when_there(source.substr(kFolder.size()));
  } else if (source.starts_with(kLatest)) {
    const std::string path(source.substr(kLatest.size()));
    // Another file of that name takes the place of each.
    if (fs::is_regular_file(path, error)) {
      files.read_again(path);
    } else {
      files.read_when_there(path);
    }
  }
  if (!is_url(source) && camera.publish.empty()) return;
  use_network(files);
  for (const std::string& file : {camera.upstream.ca, camera.upstream.credentials}) {
    if (!file.empty()) files.read_again(file);
  }
}

// Where the option was given decides about the exit code.
ExitCode blame_for(std::string_view option, const CommandLine& flags, const Options& options) {
  const std::vector<Setting>& given = flags.settings.values;
  const bool by_flag = std::any_of(given.begin(), given.end(), [&](const Setting& setting) {
    return setting.option->name == option;
  });
  return by_flag || options.config_file.empty() ? ExitCode::usage : ExitCode::config;
}

}  // namespace

std::vector<std::string> files_of_reload(const Options& options) {
  std::vector<std::string> files;
  for (const std::string& file : {options.config_file, options.tls_cert, options.tls_key,
                                  options.auth_file, options.link_key}) {
    if (!file.empty()) files.push_back(file);
  }
  for (const CameraOptions& camera : options.cameras) {
    if (camera.password_file.empty()) continue;
    try {
      files.push_back(password_path(camera.password_file));
    } catch (const std::invalid_argument&) {
      // read_passwords() refuses it, with the camera's name.
    }
  }
  return files;
}

SandboxFiles files_in_use(const Options& options) {
  SandboxFiles files;
  read_all(files, kLibraries);
  read_all(files, kMachine);
  files.append("/dev/null");
  use_devices(files, options);
  for (const std::string& file : files_of_reload(options)) files.read_again(file);
  for (const CameraOptions& camera : options.cameras) use_source(files, camera);
  if (!options.stock_db.empty()) files.keep(options.stock_db);
  if (!options.access_log.empty() && options.access_log != "-") files.append(options.access_log);
  if (!options.takeover_socket.empty()) files.remove(options.takeover_socket);
  for (const auto* addresses : {&options.listen, &options.admin_listen}) {
    for (const ListenAddress& address : *addresses) {
      if (address.family == ListenAddress::Family::unix_path) files.remove(address.host);
    }
  }
  return files;
}

void give_up_root(const CommandLine& flags, const Options& options) {
  const auto& [user, group] = options.user;
  if (user.empty()) return;
  const std::vector<std::string> of_devices =
      has_device(options) ? std::vector<std::string>{"video"} : std::vector<std::string>();
  try {
    const UserIds ids = find_user(user, group, of_devices);
    if (::geteuid() != 0) {
      throw StartError(ExitCode::not_permitted,
                       fmt::format("--user {}: only root can become another user; start it as "
                                   "root, or as that user without --user",
                                   user));
    }
    become(ids);
  } catch (const std::invalid_argument& error) {
    throw StartError(blame_for("user", flags, options), fmt::format("--user: {}", error.what()));
  }
}

Sandbox enter_sandbox(const Options& options) {
  try {
    return Sandbox(options.sandbox, files_in_use(options));
  } catch (const std::system_error& error) {
    throw StartError(ExitCode::unavailable,
                     fmt::format("--sandbox {}: {}; --sandbox auto confines what can be confined",
                                 options.sandbox == SandboxMode::on ? "on" : "auto", error.what()));
  }
}

void check_reload(const Sandbox& sandbox, const Options& next) {
  for (const std::string& file : files_of_reload(next)) {
    if (sandbox.can_read(file)) continue;
    throw StartError(ExitCode::config,
                     fmt::format("{} is outside of the sandbox; restart Fanlight", file));
  }
}

void say_sandbox(const Sandbox& sandbox) {
  log_info("sandbox: {}", sandbox.text());
  for (const std::string& note : sandbox.notes()) log_warning("{}", note);
}

}  // namespace fanlight
