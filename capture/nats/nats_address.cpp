// SPDX-License-Identifier: Apache-2.0
#include "capture/nats/nats_address.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "capture/relay/redact_url.h"
#include "core/to_number.h"

namespace fanlight {
namespace {

constexpr std::string_view kPlain = "nats://", kTls = "tls://";
constexpr size_t kSubjectBytesMax = 128;

[[noreturn]] void refuse(std::string_view url, std::string_view why) {
  throw std::invalid_argument(
      fmt::format("{}: nats://[USER:PASSWORD@]HOST[:PORT]/SUBJECT is expected, or tls://..., "
                  "special characters of the password as %XX: {}",
                  redact_url(url), why));
}

std::optional<int> hexadecimal(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

// RFC 3986 section 2.1.
std::string decoded(std::string_view url, std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      result += text[i];
      continue;
    }
    const auto high = i + 2 < text.size() ? hexadecimal(text[i + 1]) : std::nullopt;
    const auto low = i + 2 < text.size() ? hexadecimal(text[i + 2]) : std::nullopt;
    if (!high || !low) refuse(url, "a % that is not followed by two digits");
    result += static_cast<char>(*high * 16 + *low);
    i += 2;
  }
  return result;
}

void take_user(std::string_view url, std::string_view user, NatsAddress& address) {
  const size_t colon = user.find(':');
  if (colon == user.npos) {
    address.token = decoded(url, user);
    return;
  }
  address.user = decoded(url, user.substr(0, colon));
  address.password = decoded(url, user.substr(colon + 1));
}

void take_host(std::string_view url, std::string_view host, NatsAddress& address) {
  std::string_view port;
  if (host.starts_with('[')) {
    const size_t bracket = host.find(']');
    if (bracket == host.npos) refuse(url, "no host");
    port = host.substr(bracket + 1);
    host = host.substr(1, bracket - 1);
  } else {
    port = host.substr(std::min(host.find(':'), host.size()));
    host = host.substr(0, host.size() - port.size());
  }
  const bool clean = !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_' || c == ':';
  });
  if (!clean) refuse(url, "no host");
  address.host = host;
  if (port.empty()) return;
  const auto number = to_number<uint16_t>(port.substr(1));
  if (!port.starts_with(':') || !number || *number == 0) refuse(url, "no such port");
  address.port = *number;
}

bool take_segments(std::string_view url, std::string_view query) {
  if (query == "segments=0" || query == "segments=1") return query.ends_with('1');
  refuse(url, "behind the subject, only ?segments=1 may follow");
}

void check_tokens(std::string_view subject) {
  if (subject.empty()) throw std::invalid_argument("no subject");
  if (subject.size() > kSubjectBytesMax) {
    throw std::invalid_argument(fmt::format("a subject of more than {} bytes", kSubjectBytesMax));
  }
  const bool is_visible = std::all_of(subject.begin(), subject.end(),
                                      [](char c) { return c > ' ' && c < 0x7f && c != '?'; });
  if (!is_visible) throw std::invalid_argument("a character in the subject that none may have");
  const bool has_gap =
      subject.starts_with('.') || subject.ends_with('.') || subject.find("..") != subject.npos;
  if (has_gap) throw std::invalid_argument("an empty token in the subject");
  if (subject.starts_with('$') || subject.starts_with("_INBOX")) {
    throw std::invalid_argument("a subject of the server's own");
  }
  if (subject.starts_with("_FANLIGHT")) {
    throw std::invalid_argument("a subject on which cameras are announced");
  }
}

NatsAddress parse(std::string_view url, void (*check)(std::string_view subject)) {
  if (!is_nats_url(url)) refuse(url, "another scheme");
  NatsAddress address;
  address.is_tls = url.starts_with(kTls);
  std::string_view rest = url.substr(url.find("//") + 2);
  const size_t slash = std::min(rest.find('/'), rest.size());
  std::string_view server = rest.substr(0, slash);
  if (const size_t at = server.rfind('@'); at != server.npos) {
    take_user(url, server.substr(0, at), address);
    server.remove_prefix(at + 1);
  }
  take_host(url, server, address);
  if (slash == rest.size()) refuse(url, "no subject");
  const std::string_view target = rest.substr(slash + 1);
  const size_t question = std::min(target.find('?'), target.size());
  if (question < target.size()) address.segments = take_segments(url, target.substr(question + 1));
  address.subject = target.substr(0, question);
  try {
    check(address.subject);
  } catch (const std::invalid_argument& error) {
    refuse(url, error.what());
  }
  return address;
}

}  // namespace

bool is_nats_url(std::string_view url) {
  return url.starts_with(kPlain) || url.starts_with(kTls);
}

NatsAddress parse_nats_url(std::string_view url) {
  return parse(url, check_subject);
}

NatsAddress parse_nats_directory_url(std::string_view url) {
  return parse(url, check_subject_pattern);
}

std::string nats_camera_url(std::string_view url, std::string_view subject) {
  const size_t server = url.find("//") + 2;
  return std::string(url.substr(0, url.find('/', server) + 1)) + std::string(subject);
}

void check_subject(std::string_view subject) {
  if (subject.find_first_of("*>") != subject.npos) {
    throw std::invalid_argument(
        "a wildcard in the subject; --camera '*=URL' shows all cameras that match it");
  }
  check_tokens(subject);
}

void check_subject_pattern(std::string_view pattern) {
  check_tokens(pattern);
  bool has_wildcard = false;
  for (size_t begin = 0; begin < pattern.size();) {
    const size_t end = std::min(pattern.find('.', begin), pattern.size());
    const std::string_view token = pattern.substr(begin, end - begin);
    const bool is_wildcard = token == "*" || (token == ">" && end == pattern.size());
    if (!is_wildcard && token.find_first_of("*>") != token.npos) {
      throw std::invalid_argument("a wildcard is a token of its own, and > the last one");
    }
    has_wildcard = has_wildcard || is_wildcard;
    begin = end + 1;
  }
  if (!has_wildcard) throw std::invalid_argument("the subject of a directory has a wildcard");
}

}  // namespace fanlight
