// SPDX-License-Identifier: Apache-2.0
#include "tools/options/source_spec.h"

#include <arpa/inet.h>
#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <system_error>

#include "capture/camera/source_table.h"
#include "capture/nats/nats_address.h"
#include "capture/relay/redact_url.h"
#include "core/ascii.h"

namespace fanlight {
namespace {

std::string shown_without_scheme(std::string_view text) {
  return redact_url(fmt::format("://{}", text)).substr(3);
}

[[noreturn]] void refuse(std::string_view text, std::string_view why) {
  throw std::invalid_argument(fmt::format("'{}': {}", shown_source(text), why));
}

[[noreturn]] void suggest(std::string_view text, std::string_view why, std::string_view meant) {
  refuse(text, fmt::format("{}; did you mean '{}'?", why, redact_url(meant)));
}

bool is_address(int family, std::string_view text) {
  in6_addr address;
  return ::inet_pton(family, std::string(text).c_str(), &address) == 1;
}

bool is_host_name(std::string_view text) {
  return !text.empty() && text.front() != '-' && text.front() != '.' &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '-';
         });
}

bool is_port(std::string_view text) {
  unsigned port = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, port);
  return parsed.ec == std::errc() && parsed.ptr == end && port >= 1 && port <= 65535;
}

// The host and port of a URL without its scheme: the part before the path, after the user.
std::string_view host_of(std::string_view text) {
  text = text.substr(0, text.find_first_of("/?#"));
  const size_t at = text.rfind('@');
  return at == text.npos ? text : text.substr(at + 1);
}

// USER@HOST, HOST:PORT, an address, or localhost: never the name of a file or a source kind.
bool is_bare_url(std::string_view text) {
  const std::string_view host = host_of(text);
  if (host.starts_with('[')) {
    const size_t bracket = host.find(']');
    if (bracket == host.npos) return false;
    const std::string_view port = host.substr(bracket + 1);
    return is_address(AF_INET6, host.substr(1, bracket - 1)) &&
           (port.empty() || (port.front() == ':' && is_port(port.substr(1))));
  }
  const size_t colon = host.find(':');
  if (colon != host.npos) {
    return is_host_name(host.substr(0, colon)) && is_port(host.substr(colon + 1));
  }
  const bool has_user = text.substr(0, text.find_first_of("/?#")).find('@') != text.npos;
  return host == "localhost" || is_address(AF_INET, host) || (has_user && is_host_name(host));
}

// `http:10.0.0.7/stream`, `http:/10.0.0.7/stream`, `HTTP://10.0.0.7/`.
std::string complete_url(std::string_view scheme, std::string_view text) {
  std::string_view rest = text.substr(scheme.size());
  const size_t colon = rest.starts_with(':') ? 1 : 0;
  if (rest.substr(colon).starts_with("//") && rest.size() > colon + 2) {
    return fmt::format("{}{}", scheme, rest);
  }
  rest.remove_prefix(std::min(rest.find_first_not_of(":/"), rest.size()));
  if (rest.empty()) refuse(text, "a URL such as http://10.0.0.7:5000/stream is expected");
  suggest(text, "a URL begins with http:// or https://", fmt::format("{}://{}", scheme, rest));
}

// The path of a device if `text` is the name of one: `video0`, `dev/video0`.
std::optional<std::string> device_of(std::string_view text) {
  while (text.starts_with('/')) text.remove_prefix(1);
  if (text.starts_with("dev/")) text.remove_prefix(4);
  const bool is_video = text.starts_with("video") && text.size() > 5 &&
                        text.find_first_not_of("0123456789", 5) == text.npos;
  return is_video ? std::optional(fmt::format("/dev/{}", text)) : std::nullopt;
}

// For a text that matches no kind of source.
[[noreturn]] void refuse_unknown(std::string_view text) {
  if (const auto device = device_of(text)) suggest(text, "no source of this name", *device);
  if (text.starts_with("rtsp")) {
    refuse(text, "RTSP is not supported; go2rtc converts it to MJPEG, to be read by http://");
  }
  const std::filesystem::path path(text);
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    suggest(text, "this is a folder", fmt::format("files:{}", text));
  }
  if (std::filesystem::is_regular_file(path, ignored)) {
    const std::string folder = path.has_parent_path() ? path.parent_path().string() : ".";
    suggest(text, "this is a file; a folder is expected", fmt::format("files:{}", folder));
  }
  const std::string_view host = host_of(text);
  const bool has_path = text.find('/') != text.npos;
  if (is_host_name(host) && host.find('.') != host.npos && (has_path || host.ends_with(".local"))) {
    throw std::invalid_argument(fmt::format(
        "'{0}': no source of this name; did you mean 'http://{0}'?", shown_without_scheme(text)));
  }
  if (text.starts_with('/') || text.starts_with("./") || text.starts_with("../")) {
    refuse(text, "no such folder or device; a folder is written files:DIR");
  }
  find_source_kind(text);  // throws, with the nearest kind
  refuse(text, "no source of this name");
}

}  // namespace

std::string shown_source(std::string_view text) {
  if (text.find("://") != text.npos) return redact_url(text);
  for (const std::string_view scheme : {"https", "http"}) {
    if (!starts_with_ignoring_case(text, scheme)) continue;
    const size_t size = std::min(text.find_first_not_of(":/", scheme.size()), text.size());
    if (size > scheme.size()) {
      return std::string(text.substr(0, size)) + shown_without_scheme(text.substr(size));
    }
  }
  const bool is_part_of_url = text.find('@') != text.npos || is_bare_url(text);
  return is_part_of_url ? shown_without_scheme(text) : std::string(text);
}

std::string_view user_info(std::string_view source) {
  if (!is_url(source)) return {};
  source.remove_prefix(source.find("://") + 3);
  source = source.substr(0, source.find_first_of("/?#"));
  return source.substr(0, source.find('@') == source.npos ? 0 : source.rfind('@'));
}

bool has_secret(std::string_view source) {
  // Of NATS's, one without a colon is a token.
  if (is_nats_url(source) && !user_info(source).empty()) return true;
  if (user_info(source).find(':') != source.npos) return true;
  if (!is_url(source) || source.find('?') == source.npos) return false;
  std::string query(source.substr(source.find('?')));
  std::ranges::transform(query, query.begin(), lower);
  for (const char* name : {"pw", "pass", "token", "key", "secret", "auth"}) {
    if (query.find(name) < query.rfind('=')) return true;
  }
  return false;
}

bool is_url(std::string_view source) {
  return source.starts_with("http://") || source.starts_with("https://") || is_nats_url(source);
}

std::string complete_source(std::string_view text) {
  if (text.empty()) throw std::invalid_argument("'': a source is expected");
  if (text == "auto") return std::string(text);
  if (text.starts_with("/dev/") && text.size() > 5) return fmt::format("v4l2:{}", text);
  const std::string_view name = text.substr(0, text.find_first_of(":/"));
  for (const std::string_view scheme : {"http", "https"}) {
    if (equals_ignoring_case(name, scheme)) return complete_url(scheme, text);
  }
  const auto kinds = source_kinds();
  const std::string_view kind = text.substr(0, text.find(':'));
  if (std::ranges::find(kinds, kind, &SourceKind::name) == kinds.end()) {
    if (is_bare_url(text)) return fmt::format("http://{}", text);
    refuse_unknown(text);
  }
  const std::string_view argument = text.substr(std::min(kind.size() + 1, text.size()));
  if (kind == "v4l2" && !argument.starts_with('/')) {
    if (const auto device = device_of(argument)) suggest(text, "no path", "v4l2:" + *device);
  }
  return std::string(text);
}

}  // namespace fanlight
