// SPDX-License-Identifier: Apache-2.0
#include "capture/relay/web_socket_upgrade.h"

#include <algorithm>
#include <array>

#include "core/check.h"
#include "core/web_socket/web_socket_key.h"

namespace fanlight {
namespace {

template <class Value>
void set(CURL* easy, CURLoption option, Value value) {
  const CURLcode result = curl_easy_setopt(easy, option, value);
  CHECK(result == CURLE_OK);
}

}  // namespace

WebSocketUpgrade::WebSocketUpgrade() : key_(make_web_socket_key()) {}

// No Transfer-Encoding: frames are not chunks. No Expect: there is no body to wait with.
std::vector<std::string> WebSocketUpgrade::fields() const {
  return {"Connection: Upgrade",        "Upgrade: websocket", "Sec-WebSocket-Version: 13",
          "Sec-WebSocket-Key: " + key_, "Transfer-Encoding:", "Expect:"};
}

void WebSocketUpgrade::configure(CURL* easy) {
  set(easy, CURLOPT_UPLOAD, 1L);
  set(easy, CURLOPT_CUSTOMREQUEST, "GET");
  set(easy, CURLOPT_READFUNCTION, read_callback);
  set(easy, CURLOPT_READDATA, this);
}

void WebSocketUpgrade::restore(CURL* easy) {
  set(easy, CURLOPT_UPLOAD, 0L);
  set(easy, CURLOPT_HTTPGET, 1L);
  set(easy, CURLOPT_CUSTOMREQUEST, static_cast<const char*>(nullptr));
}

bool WebSocketUpgrade::is_accepted_by(std::string_view accept) const {
  const std::array<char, 28> expected = web_socket_accept(key_);
  return accept == std::string_view(expected.data(), expected.size());
}

void WebSocketUpgrade::send(std::string_view bytes) {
  if (waiting_.size() + bytes.size() <= kWaitingMax) waiting_ += bytes;
}

void WebSocketUpgrade::resume(CURL* easy) {
  curl_easy_pause(easy, CURLPAUSE_CONT);  // its errors are those of the transfer
}

size_t WebSocketUpgrade::read_callback(char* room, size_t size, size_t count, void* self) noexcept {
  auto& upgrade = *static_cast<WebSocketUpgrade*>(self);
  std::string& waiting = upgrade.waiting_;
  upgrade.is_requested_ = true;
  if (waiting.empty()) return CURL_READFUNC_PAUSE;
  const size_t taken = std::min(size * count, waiting.size());
  std::copy_n(waiting.begin(), taken, room);
  waiting.erase(0, taken);
  return taken;
}

}  // namespace fanlight
