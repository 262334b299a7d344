// SPDX-License-Identifier: Apache-2.0
#include "tools/takeover/successor.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/check.h"
#include "core/log.h"
#include "http/delivery/shard_entry.h"
#include "tools/flags/exit_code.h"
#include "tools/takeover/program_file.h"

namespace fanlight {
namespace {

// Answers that the predecessor's main thread gives in passing.
constexpr Duration kAnswerMax = 5s;
// A reload may have to wait for slow disks.
constexpr Duration kReloadMax = 30s;

[[noreturn]] void break_off(std::string_view why) {
  throw StartError(ExitCode::unavailable,
                   fmt::format("--take-over: {}; the running server goes on", why));
}

// For an O_NONBLOCK socket io_uring would complete with -EAGAIN instead of waiting.
void make_blocking(const Fd& socket) {
  const int flags = ::fcntl(socket.get(), F_GETFL);
  if (flags >= 0 && (flags & O_NONBLOCK) != 0) ::fcntl(socket.get(), F_SETFL, flags & ~O_NONBLOCK);
}

void post(StreamDelivery& delivery) {
  delivery.is_back = false;
  delivery.link->mailbox.post(delivery, [](Message& message) noexcept {
    auto& arrived = static_cast<StreamDelivery&>(message);
    for (size_t i = 0; i < arrived.count; ++i) arrived.link->entry->take(arrived.streams[i]);
    arrived.reply_to->post(
        arrived, [](Message& back) noexcept { static_cast<StreamDelivery&>(back).is_back = true; });
  });
}

}  // namespace

Successor::Successor(const std::string& path) {
  if (!predecessor_.connect_to(path)) {
    throw StartError(ExitCode::unavailable,
                     fmt::format("--takeover-socket {}: {}: no server to take over from", path,
                                 std::strerror(errno)));
  }
  if (!predecessor_.is_peer(::geteuid()) && !predecessor_.is_peer(0)) {
    break_off("the server there is another user's");
  }
  say(encode_hello(kTakeoverFormat));
  const auto welcome = decode_welcome(receive(kAnswerMax).bytes);
  if (!welcome) break_off("what listens there is not Fanlight");
  welcome_ = *welcome;
}

Successor::~Successor() = default;

bool Successor::is_same_program() const {
  const ProgramFile own = program_file();
  return own.inode != 0 && own == ProgramFile{welcome_.device, welcome_.inode};
}

void Successor::have_it_reload() {
  say(encode(TakeoverKind::reload));
  if (kind_of(receive(kReloadMax).bytes) != TakeoverKind::end) break_off("it does not reload");
}

void Successor::begin() {
  if (welcome_.format != kTakeoverFormat) {
    break_off(
        fmt::format("Fanlight {} passes its viewers on in format {}, this version takes {}: "
                    "restart it",
                    welcome_.version, welcome_.format, kTakeoverFormat));
  }
  say(encode(TakeoverKind::take));
  for (;;) {
    MessageSocket::Received message = receive(kAnswerMax);
    if (auto listener = decode_listener(message.bytes)) {
      const bool is_usable = !message.descriptors.empty() &&
                             listeners_.size() < PassedListener::kListenersMax &&
                             message.descriptors.size() <= PassedListener::kSocketsMax;
      if (!is_usable) break_off("its listeners make no sense");
      add(std::move(*listener), std::move(message.descriptors));
      continue;
    }
    const auto offer = decode_offer(message.bytes);
    if (!offer || message.descriptors.size() > 1) break_off("it says what it should not");
    offer_ = *offer;
    if (!message.descriptors.empty()) manager_ = std::move(message.descriptors.front());
    return;
  }
}

// An address with many sockets comes in several messages.
void Successor::add(PassedListener passed, std::vector<Fd> sockets) {
  if (!passed.is_more || listeners_.empty()) {
    return listeners_.push_back({std::move(passed), std::move(sockets)});
  }
  for (Fd& socket : sockets) listeners_.back().sockets.push_back(std::move(socket));
}

std::vector<CameraState> Successor::stop_predecessor(const std::vector<std::string>& cameras) {
  say(encode_ready(cameras));
  const auto states = decode_cameras(receive(kAnswerMax).bytes);
  if (!states) break_off("it says what it should not");
  return cameras_ = *states;
}

void Successor::take_viewers(Instant now) {
  for (;;) {
    MessageSocket::Received message = receive(kAnswerMax);
    if (kind_of(message.bytes) == TakeoverKind::streams) {
      take_streams(std::move(message), now);
      continue;
    }
    const bool is_complete = kind_of(message.bytes) == TakeoverKind::complete &&
                             decode_count(message.bytes) == streams_.size();
    if (!is_complete) break_off("not all viewers have arrived");
    break;
  }
  say(encode(TakeoverKind::received, static_cast<uint32_t>(streams_.size())));
  if (kind_of(receive(kAnswerMax).bytes) != TakeoverKind::go) break_off("it has changed its mind");
}

void Successor::take_streams(MessageSocket::Received message, Instant now) {
  auto states = decode_streams(message.bytes, cameras_, now);
  if (!states || states->size() != message.descriptors.size()) {
    break_off("its viewers make no sense");
  }
  for (size_t i = 0; i < states->size(); ++i) {
    streams_.push_back({std::move(message.descriptors[i]), (*states)[i]});
  }
}

// Each shard gets as many.
void Successor::deliver(ServerState& state) {
  const size_t shards = state.links.size();
  std::vector<std::unique_ptr<StreamDelivery>> deliveries;
  for (size_t shard = 0; shard < shards; ++shard) {
    StreamDelivery* delivery = nullptr;
    for (size_t i = shard; i < streams_.size(); i += shards) {
      if (!find_camera(streams_[i].state, state)) continue;  // it was not to be passed on
      if (delivery == nullptr || delivery->count == StreamDelivery::kStreamsMax) {
        delivery = deliveries.emplace_back(std::make_unique<StreamDelivery>()).get();
        delivery->link = state.links[shard].get();
        delivery->reply_to = &mailbox_;
      }
      make_blocking(streams_[i].socket);
      delivery->streams[delivery->count++] = {streams_[i].socket.release(), streams_[i].state};
    }
  }
  streams_.clear();
  for (const auto& each : deliveries) post(*each);
  const auto is_back = [](const auto& each) { return each->is_back; };
  while (!std::all_of(deliveries.begin(), deliveries.end(), is_back)) {
    pollfd wait{waker_.fd(), POLLIN, 0};
    if (::poll(&wait, 1, -1) <= 0) continue;
    waker_.drain();
    mailbox_.deliver();
  }
}

// Replaces the predecessor's number of the camera by ours. False if we do not have it.
bool Successor::find_camera(StreamState& stream, const ServerState& state) const {
  const std::optional<size_t> found = state.names.find(cameras_[stream.camera].name);
  if (!found) return false;
  stream.camera = static_cast<uint16_t>(*found);
  return true;
}

bool Successor::on_ready(ServerState& state, Instant now) noexcept {
  std::optional<MessageSocket::Received> message;
  try {
    message = predecessor_.receive(kTakeoverBytesMax, Duration::zero());
    if (message && kind_of(message->bytes) == TakeoverKind::streams) {
      take_streams(std::move(*message), now);
      deliver(state);
      return true;
    }
  } catch (const std::exception& error) {
    log_warning("some of the predecessor's viewers are lost: {}", error.what());
  }
  are_cameras_released_ = true;
  if (message && kind_of(message->bytes) == TakeoverKind::released) return true;
  predecessor_.close();
  return false;
}

MessageSocket::Received Successor::receive(Duration limit) {
  auto received = predecessor_.receive(kTakeoverBytesMax, limit);
  if (!received) break_off(errno == ECONNRESET ? "it has broken off" : std::strerror(errno));
  return std::move(*received);
}

void Successor::say(const std::string& message) {
  if (!predecessor_.send(message, {}, kAnswerMax)) break_off(std::strerror(errno));
}

}  // namespace fanlight
