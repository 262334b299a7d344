// SPDX-License-Identifier: Apache-2.0
#include "core/camera_panel.h"

#include <algorithm>
#include <cstring>

#include "core/check.h"
#include "core/printable.h"

namespace fanlight {
namespace {

// For an HTTP header field. Returns the number of bytes written.
size_t write_ascii(std::string_view line, std::span<char> room) {
  std::copy(line.begin(), line.end(), room.begin());
  make_ascii(room.first(line.size()));
  return line.size();
}

}  // namespace

CameraPanel::CameraPanel(Waker& camera) : camera_(camera) {
  for (ControlRequest& request : requests_) request.panel_ = this;
}

CameraPanel::~CameraPanel() {
  for (const ControlRequest& request : requests_) {
    CHECK(request.state_ == ControlRequest::State::free);
  }
}

// ---- the camera's thread ----

void CameraPanel::describe(std::string_view device, std::string_view format,
                           std::string_view via) noexcept {
  const std::lock_guard lock(mutex_);
  device_.size = copy_printable(device, device_.bytes);
  format_.size = copy_printable(format, format_.bytes);
  via_.size = via.size() > kViaBytesMax ? 0 : write_ascii(via, via_.bytes);
}

size_t CameraPanel::publish_controls(std::span<const std::string> rows) noexcept {
  const std::lock_guard lock(mutex_);
  controls_.size = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    const size_t comma = i == 0 ? 0 : 1;
    if (comma + rows[i].size() > kControlsBytesMax - controls_.size) return rows.size() - i;
    char* to = controls_.bytes.data() + controls_.size;
    if (comma == 1) *to++ = ',';
    std::memcpy(to, rows[i].data(), rows[i].size());
    controls_.size += comma + rows[i].size();
  }
  return 0;
}

void CameraPanel::serve(const Handler& handler) noexcept {
  // No more than there are places, so that clients with repeated requests cannot keep the camera
  // from its pictures.
  for (size_t i = 0; i < kRequestsMax; ++i) {
    ControlRequest* request = next_waiting();
    if (request == nullptr) return;
    ControlAnswer answer;
    handler(
        {{request->body_.data(), request->body_size_}, {request->who_.data(), request->who_size_}},
        answer);
    finish(*request, answer);
  }
}

ControlRequest* CameraPanel::next_waiting() noexcept {
  const std::lock_guard lock(mutex_);
  ControlRequest* first = nullptr;
  for (ControlRequest& request : requests_) {
    if (request.state_ != ControlRequest::State::waiting) continue;
    if (first == nullptr || request.ticket_ < first->ticket_) first = &request;
  }
  if (first != nullptr) first->state_ = ControlRequest::State::serving;
  return first;
}

// Posts under the lock: a shard that abandons its request then knows that the answer is in its
// mailbox or will never be.
void CameraPanel::finish(ControlRequest& request, const ControlAnswer& answer) noexcept {
  const std::lock_guard lock(mutex_);
  CHECK(request.state_ == ControlRequest::State::serving);
  if (request.owner_ == nullptr) {
    request.state_ = ControlRequest::State::free;
    return;
  }
  request.state_ = ControlRequest::State::answered;
  request.outcome_ = answer.outcome;
  request.words_size_ = copy_printable(answer.words, request.words_);
  request.reply_to_->post(request, &CameraPanel::deliver);
}

// ---- any thread ----

template <size_t kSize>
std::string_view CameraPanel::copy(const Text<kSize>& text,
                                   std::span<char, kSize> room) const noexcept {
  const std::lock_guard lock(mutex_);
  std::memcpy(room.data(), text.bytes.data(), text.size);
  return {room.data(), text.size};
}

std::string_view CameraPanel::copy_device(std::span<char, kTextBytesMax> room) const noexcept {
  return copy(device_, room);
}

std::string_view CameraPanel::copy_format(std::span<char, kTextBytesMax> room) const noexcept {
  return copy(format_, room);
}

std::string_view CameraPanel::copy_via(std::span<char, kViaBytesMax> room) const noexcept {
  return copy(via_, room);
}

std::string_view CameraPanel::copy_controls(
    std::span<char, kControlsBytesMax> room) const noexcept {
  return copy(controls_, room);
}

// ---- shards ----

ControlRequest* CameraPanel::ask(const ControlOrder& order, Mailbox& reply_to, void* owner,
                                 ControlRequest::Answered answered) noexcept {
  CHECK(order.body.size() <= ControlRequest::kBodyBytesMax && owner != nullptr);
  const std::lock_guard lock(mutex_);
  const auto free = std::find_if(requests_.begin(), requests_.end(), [](const auto& request) {
    return request.state_ == ControlRequest::State::free;
  });
  if (free == requests_.end()) return nullptr;
  free->state_ = ControlRequest::State::waiting;
  free->ticket_ = ++tickets_;
  free->reply_to_ = &reply_to;
  free->owner_ = owner;
  free->answered_ = answered;
  free->body_size_ = order.body.copy(free->body_.data(), free->body_.size());
  free->who_size_ = copy_printable(order.who, free->who_);
  camera_.wake();
  return &*free;
}

void CameraPanel::abandon(ControlRequest& request) noexcept {
  const std::lock_guard lock(mutex_);
  CHECK(request.state_ != ControlRequest::State::free && request.owner_ != nullptr);
  request.owner_ = nullptr;
  // Being served, or answered: its current holder frees the place.
  if (request.state_ == ControlRequest::State::waiting) {
    request.state_ = ControlRequest::State::free;
  }
}

void CameraPanel::deliver(Message& message) noexcept {
  auto& request = static_cast<ControlRequest&>(message);
  CameraPanel& panel = *request.panel_;
  // Abandoned by this same thread, or not at all.
  if (request.owner_ != nullptr) {
    request.answered_(request.owner_, request.outcome_,
                      {request.words_.data(), request.words_size_});
  }
  const std::lock_guard lock(panel.mutex_);
  request.state_ = ControlRequest::State::free;
}

}  // namespace fanlight
