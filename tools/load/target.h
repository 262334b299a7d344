// SPDX-License-Identifier: Apache-2.0
// Target: the server under load, and the local addresses of the viewers.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/load/load_tls.h"

namespace fanlight {

// The parts of `http://[USER:PASSWORD@]HOST[:PORT]/PATH`, or of the same with `https://`.
struct Url {
  std::string host;    // without the brackets of IPv6
  uint16_t port = 80;  // 443 with TLS
  bool is_tls = false;
  std::string path = "/";  // with the query
  std::string authority;   // HOST[:PORT] as written, for the Host field
  std::string user_info;   // USER:PASSWORD as written before an '@'; empty: none
};

// Throws std::invalid_argument that states the mistake.
Url parse_url(std::string_view text);

// The URL as reports show it: without a password.
std::string shown_url(std::string_view text);

// The line of the request for HTTP Basic (RFC 7617), with its end: percent-encoded bytes of the
// user and the password are decoded (RFC 3986 section 3.2.1). Throws std::invalid_argument.
std::string authorization_line(std::string_view user_info);

// The path of the WebSocket with updates beside that of a stream: the last part becomes `ws`, and
// the query gets `segments=1`.
std::string web_socket_path(std::string_view path);

// Owns: addresses and the request. Thread: any, it never changes.
class Target {
 public:
  // Resolves the host. `viewers` is how many connections are open at the same time, `headers` are
  // lines "Name: value" for the request, which is one for a WebSocket if `segments`. Throws
  // StartError when the name has no address, or when this machine has fewer ports than viewers.
  Target(const Url& url, size_t viewers, const std::vector<std::string>& headers,
         bool segments = false);

  const sockaddr* address() const { return reinterpret_cast<const sockaddr*>(&address_); }
  socklen_t address_size() const { return address_size_; }
  int family() const { return address_.ss_family; }
  std::string_view request() const { return request_; }
  // nullptr without TLS.
  const LoadTlsContext* tls() const { return tls_.get(); }
  const std::string& host() const { return host_; }

  // The address that this viewer must bind to before it connects; nothing: the kernel chooses. A
  // port of one address serves one connection, so more viewers than ports need more addresses, and
  // all of 127.0.0.0/8 belongs to this machine.
  std::optional<sockaddr_in> source_of(size_t viewer) const;

 private:
  void choose_sources(size_t viewers);

  sockaddr_storage address_{};
  socklen_t address_size_ = 0;
  std::string request_;
  std::string host_;
  std::unique_ptr<LoadTlsContext> tls_;
  size_t viewers_per_source_ = 0;  // 0: the kernel chooses
};

// The number of ports in ip_local_port_range (ip(7)).
size_t count_local_ports();

}  // namespace fanlight
