// SPDX-License-Identifier: Apache-2.0
#include "tools/server/open_listeners.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "core/join.h"
#include "core/log.h"
#include "io/link.h"
#include "tools/flags/exit_code.h"
#include "tools/options/tls_options.h"
#include "tools/server/inherited.h"
#include "tools/server/shortage.h"

namespace fanlight {
namespace {

bool is_permission(const std::system_error& error) {
  return error.code() == std::errc::permission_denied ||
         error.code() == std::errc::operation_not_permitted;
}

std::string address_text(const ListenAddress& address) {
  if (address.family == ListenAddress::Family::unix_path) return "unix:" + address.host;
  return fmt::format("{}:{}", address.host, address.port);
}

SocketTuning socket_tuning(const Options& options) {
  SocketTuning tuning;
  tuning.send_buffer = static_cast<int>(options.send_buffer);
  return tuning;
}

// The permissions of a UNIX socket's file decide who may connect (unix(7)).
void set_mode(const ListenAddress& address, std::optional<unsigned> mode) {
  if (!mode || address.family != ListenAddress::Family::unix_path) return;
  if (::chmod(address.host.c_str(), static_cast<mode_t>(*mode)) != 0) {
    throw std::system_error(errno, std::generic_category(), "--unix-mode");
  }
}

TakenListener* find_taken(std::vector<TakenListener>& taken, PassedListener::Role role,
                          const std::string& address) {
  const auto found = std::find_if(taken.begin(), taken.end(), [&](const TakenListener& each) {
    return each.passed.role == role && !each.passed.is_inherited &&
           each.passed.address == address && !each.sockets.empty();
  });
  return found == taken.end() ? nullptr : &*found;
}

Listener open_address(const ListenAddress& address, bool is_admin, unsigned shards,
                      const Options& options, std::vector<TakenListener>& taken) {
  const auto role = is_admin ? PassedListener::Role::admin : PassedListener::Role::viewers;
  TakenListener* const found = find_taken(taken, role, address_text(address));
  if (found == nullptr) return {address, shards, socket_tuning(options)};
  const bool is_path = address.family == ListenAddress::Family::unix_path;
  return {std::move(found->sockets), is_path ? address.host : "", socket_tuning(options)};
}

std::vector<Listener> open_addresses(const std::vector<ListenAddress>& addresses, bool is_admin,
                                     unsigned shards, const Options& options,
                                     std::vector<TakenListener>& taken) {
  const char* const flag = is_admin ? "--admin-listen" : "--listen";
  std::vector<Listener> listeners;
  for (const ListenAddress& address : addresses) {
    try {
      listeners.push_back(open_address(address, is_admin, shards, options, taken));
      listeners.back().set_origin(address_text(address));
      if (uses_tls(address, is_admin, !options.tls_cert.empty())) listeners.back().use_tls();
      set_mode(address, options.unix_mode);
    } catch (const std::system_error& error) {
      const bool in_use = error.code() == std::errc::address_in_use;
      const std::string_view hint = in_use ? "; is another server running? try another port"
                                    : is_permission(error) ? "; try a port above 1023"
                                                           : remedy(error.code());
      throw StartError(is_permission(error) ? ExitCode::not_permitted : ExitCode::system_error,
                       fmt::format("{} {}: {}{}", flag, address_text(address), error.what(), hint));
    }
  }
  return listeners;
}

// Also those that an earlier process has inherited.
std::vector<InheritedSocket> all_inherited(std::vector<TakenListener>& taken) {
  std::vector<InheritedSocket> all = inherited_sockets();
  for (TakenListener& each : taken) {
    if (!each.passed.is_inherited) continue;
    all.push_back({std::move(each.sockets.front()), each.passed.address});
    each.sockets.clear();
  }
  return all;
}

// They have no scheme: TLS is used as for an address without one.
OpenListeners take_inherited(const SocketTuning& tuning, bool has_certificate,
                             std::vector<TakenListener>& taken) {
  OpenListeners listeners;
  for (InheritedSocket& inherited : all_inherited(taken)) {
    const bool is_admin = inherited.name == "admin";
    auto& list = is_admin ? listeners.admin : listeners.viewers;
    try {
      Listener& listener = list.emplace_back(std::move(inherited.socket), tuning);
      listener.set_origin(inherited.name);
      const bool is_plain = listener.port() == 0 || (is_admin && listener.is_local());
      if (has_certificate && !is_plain) listener.use_tls();
    } catch (const std::system_error& error) {
      throw StartError(ExitCode::system_error,
                       fmt::format("inherited socket {}: {}", inherited.name, error.what()));
    }
  }
  return listeners;
}

bool all_local(const std::vector<Listener>& listeners) {
  return std::all_of(listeners.begin(), listeners.end(),
                     [](const Listener& listener) { return listener.is_local(); });
}

}  // namespace

bool OpenListeners::is_local() const {
  return all_local(viewers) && all_local(admin);
}

void OpenListeners::possess() {
  for (auto* list : {&viewers, &admin}) {
    for (Listener& listener : *list) listener.possess();
  }
}

OpenListeners open_listeners(const Options& options, unsigned shards,
                             std::vector<TakenListener>& taken) {
  OpenListeners listeners =
      take_inherited(socket_tuning(options), !options.tls_cert.empty(), taken);
  listeners.inherited = !listeners.viewers.empty();
  listeners.admin_inherited = !listeners.admin.empty();
  if (listeners.viewers.empty()) {
    listeners.viewers = open_addresses(options.listen, false, shards, options, taken);
  }
  if (listeners.admin.empty()) {
    listeners.admin = open_addresses(options.admin_listen, true, shards, options, taken);
  }
  return listeners;
}

MessageListener open_takeover_socket(const Options& options, std::vector<TakenListener>& taken) {
  const std::string& path = options.takeover_socket;
  if (path.empty()) return {};
  if (TakenListener* found = find_taken(taken, PassedListener::Role::takeover, path)) {
    return {std::move(found->sockets.front()), path};
  }
  try {
    return MessageListener(path);
  } catch (const std::system_error& error) {
    const bool in_use = error.code() == std::errc::address_in_use;
    throw StartError(
        ExitCode::system_error,
        fmt::format("--takeover-socket: {}{}", error.what(),
                    in_use ? "; a server is running there: --take-over replaces it" : ""));
  }
}

WireConfig choose_wire(const Options& options, const std::vector<Listener>& listeners) {
  WireConfig wire;
  wire.min_fps = options.min_fps;
  if (options.max_egress) {
    wire.bits_per_second = *options.max_egress;
    wire.local_too = true;
    wire.origin = "--max-egress";
    return wire;
  }
  for (const Listener& listener : listeners) {
    if (listener.is_local()) continue;
    std::string host = listener.host();
    std::erase_if(host, [](char c) { return c == '[' || c == ']'; });
    const std::optional<Link> link = find_link(host);
    if (!link) continue;
    if (wire.bits_per_second != 0 && wire.bits_per_second <= link->bits_per_second) continue;
    wire.bits_per_second = link->bits_per_second;
    wire.origin = link->name;
  }
  return wire;
}

void say_egress(const WireConfig& wire, const Options& options, const OpenListeners& listeners) {
  if (wire.bits_per_second != 0) {
    log_info("egress: {:.6g} of {:.6g} Mbit/s ({}) are used, no viewer gets less than {:.3g} fps",
             double(wire.bits_per_second) / 1e6 * Wire::kShare, double(wire.bits_per_second) / 1e6,
             wire.origin, wire.min_fps);
  } else if (!options.max_egress && !listeners.is_local()) {
    log_info("egress: not limited, since the speed of the link is not known; --max-egress sets it");
  }
}

void warn_of_open(const OpenListeners& listeners, const Options& options) {
  if (listeners.is_local()) return;
  const bool all_may_see_all = !all_local(listeners.admin);
  log_warning(
      "whoever can connect may watch, take snapshots{} and read the {}; --auth-file asks for "
      "a password",
      options.allow_control ? ", set controls" : "",
      all_may_see_all ? "whole state (--admin-listen)" : "viewers' state");
}

namespace {

constexpr size_t kUrlsMax = 3;

// The URLs of the viewers' listeners for other machines.
std::vector<std::string> urls_for_others(const std::vector<Listener>& listeners) {
  std::vector<std::string> urls;
  for (const Listener& listener : listeners) {
    if (listener.is_local()) continue;
    const bool is_v6 = listener.host() == "[::]";
    if (!is_v6 && listener.host() != "0.0.0.0") {
      urls.push_back(listener.url());
      continue;
    }
    for (const std::string& address : best_addresses(machine_addresses(), is_v6)) {
      const bool has_colon = address.find(':') != address.npos;
      urls.push_back(fmt::format("{}://{}{}{}:{}/", listener.is_tls() ? "https" : "http",
                                 has_colon ? "[" : "", address, has_colon ? "]" : "",
                                 listener.port()));
    }
  }
  if (urls.size() > kUrlsMax) urls.resize(kUrlsMax);
  return urls;
}

void say_how_to_open(const OpenListeners& listeners) {
  if (listeners.inherited) {
    log_info(
        "only this machine can open it; another ListenStream= of the socket unit opens it to the "
        "network");
    return;
  }
  const auto tcp = std::find_if(listeners.viewers.begin(), listeners.viewers.end(),
                                [](const Listener& each) { return each.port() != 0; });
  log_info("only this machine can open it; --listen 0.0.0.0:{} opens it to the network",
           tcp == listeners.viewers.end() ? 5000 : tcp->port());
}

}  // namespace

void say_where(const OpenListeners& listeners) {
  for (const Listener& listener : listeners.viewers) log_info("listening on {}", listener.url());
  for (const Listener& listener : listeners.admin) {
    log_info("listening on {} for administration", listener.url());
  }
  if (listeners.is_local()) return say_how_to_open(listeners);
  const std::vector<std::string> urls = urls_for_others(listeners.viewers);
  if (!urls.empty()) {
    log_info("open {} from other machines", join(urls, " or "));
  } else if (!all_local(listeners.viewers)) {
    log_info("no other machine can open it yet: this one has no network address");
  }
}

}  // namespace fanlight
