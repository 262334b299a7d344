// SPDX-License-Identifier: Apache-2.0
// ForwardedHosts: the hosts that proxies report their clients to have asked for.
#pragma once

#include <string_view>

namespace fanlight {

struct Request;

// Reads X-Forwarded-Host, a list of hosts, and then each `host=` of Forwarded (RFC 7239 section
// 5.3), both from their beginning, which is what the proxy nearest to the client wrote; of several
// fields of one name the last one, which the nearest proxy wrote.
// Owns: its place in the request's fields. Thread: any one.
class ForwardedHosts {
 public:
  explicit ForwardedHosts(const Request& request) noexcept;

  // The next host, which need not be an authority: a Forwarded with a quote that does not end is
  // returned whole, because what stands in it is uncertain. False after the last one.
  bool next(std::string_view& host) noexcept;

 private:
  bool next_in_list(std::string_view& host) noexcept;

  std::string_view list_;       // what is left of X-Forwarded-Host
  std::string_view forwarded_;  // of Forwarded
};

}  // namespace fanlight
