// SPDX-License-Identifier: Apache-2.0
// AllowedHosts: the names under which this server answers.
//
// A page of any site can make the name of its own host lead to an address in its visitor's network
// (DNS rebinding). To the browser, this server is then the page's own host, so neither CORS nor
// Origin stops its scripts. What gives it away is the name, which the browser sends in Host and no
// script can change: so only names that no stranger can own are answered.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fanlight {

// Owns: the names that were added. A value. Thread: any one; once filled, any number.
// Invariant: the names are in lower case, and have no dot at the end.
class AllowedHosts {
 public:
  // `cam.example.org`, `*.example.org` for all names below it, or `*` for all names. Names are
  // compared as browsers send them: international ones in their ASCII form (xn--...). Throws
  // std::invalid_argument whose what() gives the mistake.
  void add(std::string_view name);

  // Whether `authority` (is_authority()) names this server, whatever its port and its case, and
  // with or without a dot at its end: an IP address, localhost and names below it, a name without a
  // dot, a name below .local, .lan, .home.arpa or .internal, or a name that was added. The empty
  // host is none that a browser was led to by a name, so it is allowed.
  bool has(std::string_view authority) const noexcept;

  // Whether `*` was added.
  bool has_all() const noexcept { return all_; }

  bool operator==(const AllowedHosts&) const = default;

 private:
  std::vector<std::string> names_;
  std::vector<std::string> domains_;  // with the dot before them: ".example.org"
  bool all_ = false;
};

// Whether `text` can be the name of a host as browsers send it: labels of 1 to 63 letters, digits,
// '-' and '_' (which some networks use), 253 characters in all (RFC 1035 section 2.3.4).
bool is_host_name(std::string_view text) noexcept;

// Whether `authority` is `localhost`, a name below it (RFC 6761 section 6.3), or a loopback
// address.
bool names_loopback(std::string_view authority) noexcept;

}  // namespace fanlight
