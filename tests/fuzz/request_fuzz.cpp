// SPDX-License-Identifier: Apache-2.0
// The bytes of a connection as requests: the same ones however they arrive, each within the limits
// and the grammar of HTTP, and the same again when it is written from what was understood.
#include <fmt/core.h>

#include <memory>
#include <string>

#include "core/check.h"
#include "http/protocol/authority.h"
#include "http/protocol/request_reader.h"
#include "http/protocol/routes.h"
#include "http/protocol/token.h"
#include "tests/fuzz/pieces.h"

namespace fanlight {
namespace {

using Step = RequestReader::Step;

// What the server decides by; the fields that come from If-Match are asked for one tag.
std::string describe(const Request& request) {
  return fmt::format(
      "{} {} 1.{} path {} query {} accept {} host {} origin {} type {} forwarded {} {} {} {} agent "
      "{} socket {} {} {} keep {} tags {}{}{}{}\n",
      request.method_name, request.target, request.minor_version, request.path, request.query,
      request.accept, request.host, request.origin, request.content_type, request.forwarded,
      request.forwarded_for, request.forwarded_host, request.is_forwarded, request.user_agent,
      request.web_socket_key, request.web_socket_version, request.upgrades_to_web_socket,
      request.keep_alive, request.if_match.given(), request.if_match.match_strongly("\"1\""),
      request.if_none_match.given(), request.if_none_match.match_weakly("\"1\""));
}

void check_request(const Request& request) {
  CHECK(request.head_size > 0 && request.head_size <= RequestReader::kInputSize);
  CHECK(is_token(request.method_name));
  CHECK(request.method != Method::unknown);
  CHECK(!request.target.empty());
  CHECK(request.target.find_first_of(std::string_view(" \t\r\n\0", 5)) == request.target.npos);
  CHECK(is_authority(request.host));
  CHECK(request.host.find_first_of("\r\n \"<>") == request.host.npos);
  CHECK(request.minor_version >= 1 || !request.is_chunked);
  const bool is_path = request.method != Method::connect && request.path != "*";
  CHECK(!is_path || request.path.starts_with('/'));
}

// A head that means the same, with each field once.
std::string write_head(const Request& request) {
  std::string head = fmt::format("{} {} HTTP/1.{}\r\n", request.method_name, request.target,
                                 request.minor_version);
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) head += fmt::format("{}: {}\r\n", name, value);
  };
  head += fmt::format("host: {}\r\n", request.host);
  add("ACCEPT", request.accept);
  add("Origin", request.origin);
  add("Content-Type", request.content_type);
  add("Forwarded", request.forwarded);
  add("X-Forwarded-For", request.forwarded_for);
  add("X-Forwarded-Host", request.forwarded_host);
  add("Via", request.is_forwarded ? "1.1 a" : "");
  add("User-Agent", request.user_agent);
  add("Sec-WebSocket-Key", request.web_socket_key);
  add("Sec-WebSocket-Version", request.web_socket_version);
  add("Upgrade", request.upgrades_to_web_socket ? "websocket" : "");
  add("Connection", request.upgrades_to_web_socket ? "Upgrade" : "");
  add("Connection", request.keep_alive ? "keep-alive" : "close");
  return head + "\r\n";
}

void check_written_again(const Request& request) {
  const std::string head = write_head(request);
  RequestParser parser;
  CHECK(parser.parse(head) == ParseStatus::done);
  Request expected = request;
  expected.if_match = expected.if_none_match = {};
  CHECK(describe(parser.request()) == describe(expected));
  CHECK(parser.request().head_size == head.size());
}

// What is decided by the target alone.
void check_target(const Request& request) {
  static const CameraNames kCameras({"front", "yard", ""});
  const Route route = find_route(request.path, request.query, kCameras);
  CHECK(route.camera < kCameras.size() || route.resource == Resource::none);
}

// Owns: a reader, and the text of what it has read. Thread: one.
class Receiver {
 public:
  explicit Receiver(bool keeps) : keeps_(keeps) {}

  void receive(std::string_view bytes) {
    while (!bytes.empty() && !refused_) {
      const std::span<char> room = reader_->room();
      CHECK(!room.empty());
      const size_t count = std::min(room.size(), bytes.size());
      std::copy_n(bytes.data(), count, room.data());
      reader_->received(count);
      bytes.remove_prefix(count);
      while (step()) continue;
    }
  }
  const std::string& text() const { return text_; }

 private:
  // Whether there is more to do with what was received.
  bool step() {
    switch (reader_->read()) {
      case Step::receive:
        return false;
      case Step::head:
        // When the client waits for it depends on what has arrived, so it is not compared.
        reader_->begin_body(keeps_);
        check_request(reader_->request());
        check_target(reader_->request());
        check_written_again(reader_->request());
        return true;
      case Step::request:
        CHECK(reader_->request().body.size() <= (keeps_ ? RequestReader::kBodyBytesMax : 0));
        text_ += describe(reader_->request());
        text_ += reader_->request().body;
        return reader_->next();
      case Step::refuse:
        refused_ = true;
        CHECK(reader_->error_status() >= 400 && reader_->error_status() <= 505);
        text_ += fmt::format("refused {} {}", reader_->error_status(), reader_->error_reason());
        return false;
    }
    return false;
  }

  const bool keeps_;
  bool refused_ = false;
  std::unique_ptr<RequestReader> reader_ = std::make_unique<RequestReader>();
  std::string text_;
};

}  // namespace

void fuzz(std::string_view input) {
  for (const bool keeps : {false, true}) {
    read_in_any_pieces(input, [keeps](const Pieces& pieces) {
      Receiver receiver(keeps);
      for (const std::string_view piece : pieces) receiver.receive(piece);
      return receiver.text();
    });
  }
}

}  // namespace fanlight
