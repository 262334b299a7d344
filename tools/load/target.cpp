// SPDX-License-Identifier: Apache-2.0
#include "tools/load/target.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <netdb.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <stdexcept>

#include "core/fd.h"
#include "core/web_socket/web_socket_key.h"
#include "tools/flags/exit_code.h"
#include "tools/flags/units.h"

namespace fanlight {
namespace {

std::string percent_decoded(std::string_view text) {
  std::string decoded;
  while (!text.empty()) {
    unsigned value = 0;
    if (text[0] == '%') {
      const std::string_view digits = text.substr(1, 2);
      const auto [end, error] =
          std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
      if (digits.size() != 2 || error != std::errc() || end != digits.data() + 2) {
        throw std::invalid_argument("'%' in the URL's user or password: write %25");
      }
    }
    decoded.push_back(text[0] == '%' ? static_cast<char>(value) : text[0]);
    text.remove_prefix(text[0] == '%' ? 3 : 1);
  }
  return decoded;
}

}  // namespace

Url parse_url(std::string_view text) {
  const auto refuse = [text](std::string_view why) {
    throw std::invalid_argument(
        fmt::format("'{}': {}; http://HOST:PORT/PATH is expected", shown_url(text), why));
  };
  Url url;
  url.is_tls = text.starts_with("https://");
  if (url.is_tls) url.port = 443;
  const std::string_view scheme = url.is_tls ? "https://" : "http://";
  if (text.find("://") == text.npos && !text.empty()) {
    throw std::invalid_argument(
        fmt::format("'{}': no http://; did you mean 'http://{}'?", text, text));
  }
  if (!text.starts_with(scheme)) refuse("no http://");
  for (const char c : text) {
    if (c <= ' ' || c == 0x7f) refuse("it has a blank or a control character");
  }
  std::string_view rest = text.substr(scheme.size());
  const size_t slash = std::min(rest.find_first_of("/?#"), rest.size());
  url.authority = rest.substr(0, slash);
  if (slash < rest.size() && rest[slash] == '/') {
    url.path = rest.substr(slash, rest.find('#') - slash);
  } else if (slash < rest.size()) {
    refuse("no path");
  }
  if (const size_t at = url.authority.rfind('@'); at != std::string::npos) {
    url.user_info = url.authority.substr(0, at);
    url.authority.erase(0, at + 1);
    authorization_line(url.user_info);
  }
  std::string_view host = url.authority;
  const size_t bracket = host.starts_with('[') ? host.find(']') : 0;
  if (bracket == std::string_view::npos) refuse("no closing bracket");
  const size_t colon = host.find(':', bracket);
  if (colon != std::string_view::npos) {
    url.port = static_cast<uint16_t>(parse_integer(host.substr(colon + 1), 1, 65535));
    host = host.substr(0, colon);
  }
  if (bracket > 0) host = host.substr(1, bracket - 1);
  if (host.empty()) refuse("no host");
  url.host = host;
  return url;
}

std::string shown_url(std::string_view text) {
  const size_t begin = text.find("://");
  if (begin == text.npos) return std::string(text);
  const size_t end = text.find_first_of("/?#", begin + 3);
  const size_t at = text.substr(0, end).rfind('@');
  if (at == text.npos) return std::string(text);
  return fmt::format("{}{}", text.substr(0, begin + 3), text.substr(at + 1));
}

std::string authorization_line(std::string_view user_info) {
  const std::string text = percent_decoded(user_info);
  if (text.find(':') == text.npos) {
    throw std::invalid_argument("'USER@' in the URL: USER:PASSWORD@ is expected");
  }
  std::string encoded(4 * ((text.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  encoded.resize(static_cast<size_t>(size));
  return fmt::format("Authorization: Basic {}\r\n", encoded);
}

size_t count_local_ports() {
  constexpr size_t kUsual = 28'232;
  const Fd file(::open("/proc/sys/net/ipv4/ip_local_port_range", O_RDONLY | O_CLOEXEC));
  std::array<char, 64> text{};
  if (!file || ::read(file.get(), text.data(), text.size()) <= 0) return kUsual;
  unsigned low = 0;
  unsigned high = 0;
  const char* end = text.data() + text.size();
  const char* at = std::from_chars(text.data(), end, low).ptr;
  while (at < end && (*at == ' ' || *at == '\t')) ++at;
  std::from_chars(at, end, high);
  return high >= low ? high - low + 1 : kUsual;
}

std::string web_socket_path(std::string_view path) {
  const size_t mark = std::min(path.find('?'), path.size());
  const std::string_view query = path.substr(mark);
  path = path.substr(0, mark);
  return fmt::format("{}ws{}{}segments=1", path.substr(0, path.rfind('/') + 1), query,
                     query.empty() ? "?" : "&");
}

namespace {

// A client of HTTP/1.0 is never sent chunks (RFC 9112 section 6.1), which would hide the framing
// that is checked here. Camera servers send it the same stream.
std::string stream_request(const Url& url) {
  return fmt::format(
      "GET {} HTTP/1.0\r\nHost: {}\r\nUser-Agent: fanlight-load\r\n"
      "Accept: */*\r\n",
      url.path, url.authority);
}

std::string web_socket_request(const Url& url) {
  return fmt::format(
      "GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: fanlight-load\r\nConnection: Upgrade\r\n"
      "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {}\r\n",
      web_socket_path(url.path), url.authority, make_web_socket_key());
}

}  // namespace

Target::Target(const Url& url, size_t viewers, const std::vector<std::string>& headers,
               bool segments) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error =
      ::getaddrinfo(url.host.c_str(), std::to_string(url.port).c_str(), &hints, &found);
  if (error != 0) {
    throw StartError(ExitCode::unavailable,
                     fmt::format("{}: {}; is the name right?", url.host, ::gai_strerror(error)));
  }
  // On many machines localhost is ::1 first, while servers listen on 127.0.0.1 only.
  const addrinfo* chosen = found;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    if (each->ai_family != AF_INET) continue;
    chosen = each;
    break;
  }
  std::memcpy(&address_, chosen->ai_addr, chosen->ai_addrlen);
  address_size_ = chosen->ai_addrlen;
  ::freeaddrinfo(found);
  choose_sources(viewers);
  host_ = url.host;
  if (url.is_tls) tls_ = std::make_unique<LoadTlsContext>();
  request_ = segments ? web_socket_request(url) : stream_request(url);
  if (!url.user_info.empty()) request_ += authorization_line(url.user_info);
  for (const std::string& header : headers) request_ += header + "\r\n";
  request_ += "\r\n";
}

void Target::choose_sources(size_t viewers) {
  // Other programs use some ports, and closed connections occupy theirs for a while.
  const size_t usable = count_local_ports() * 9 / 10;
  if (viewers <= usable) return;
  const auto* ipv4 = reinterpret_cast<const sockaddr_in*>(&address_);
  const bool is_loopback =
      family() == AF_INET && (ntohl(ipv4->sin_addr.s_addr) >> 24) == IN_LOOPBACKNET;
  if (!is_loopback) {
    throw StartError(ExitCode::system_error,
                     fmt::format("--viewers {}: one address has ports for {} connections to one "
                                 "server; widen net.ipv4.ip_local_port_range, or use several "
                                 "machines",
                                 viewers, usable));
  }
  viewers_per_source_ = usable;
}

std::optional<sockaddr_in> Target::source_of(size_t viewer) const {
  if (viewers_per_source_ == 0) return std::nullopt;
  sockaddr_in source{};
  source.sin_family = AF_INET;
  source.sin_addr.s_addr =
      htonl(static_cast<uint32_t>(INADDR_LOOPBACK + 1 + viewer / viewers_per_source_));
  return source;
}

}  // namespace fanlight
