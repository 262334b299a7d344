// SPDX-License-Identifier: Apache-2.0
#include "tools/options/tls_options.h"

#include <fmt/core.h>

namespace fanlight {
namespace {

bool is_local(const ListenAddress& address) noexcept {
  switch (address.family) {
    case ListenAddress::Family::tcp4:
      return address.host.starts_with("127.");
    case ListenAddress::Family::tcp6:
      return address.host == "::1";
    case ListenAddress::Family::unix_path:
      break;
  }
  return true;
}

void check_listeners(const std::vector<ListenAddress>& addresses, std::string_view flag,
                     ExitCode blame) {
  for (const ListenAddress& address : addresses) {
    if (!address.is_tls.value_or(false)) continue;
    throw StartError(blame, fmt::format("--{} https://{}:{}: there is no certificate; --tls-cert "
                                        "names one",
                                        flag, address.host, address.port));
  }
}

}  // namespace

void check_tls(const Options& options, ExitCode blame) {
  if (!options.tls_cert.empty()) return;
  if (!options.tls_key.empty()) {
    throw StartError(blame, fmt::format("--tls-key {}: there is no certificate; --tls-cert names "
                                        "one",
                                        options.tls_key));
  }
  check_listeners(options.listen, "listen", blame);
  check_listeners(options.admin_listen, "admin-listen", blame);
}

bool uses_tls(const ListenAddress& address, bool is_admin, bool has_certificate) noexcept {
  if (address.family == ListenAddress::Family::unix_path) return false;
  if (address.is_tls) return *address.is_tls;
  return has_certificate && !(is_admin && is_local(address));
}

}  // namespace fanlight
