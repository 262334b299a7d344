// SPDX-License-Identifier: Apache-2.0
#include "tools/takeover/predecessor.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <system_error>
#include <utility>

#include "core/check.h"
#include "core/log.h"
#include "http/delivery/shard_entry.h"
#include "tools/takeover/program_file.h"

namespace fanlight {
namespace {

// How long a successor may prepare itself: cameras and upstreams may take their time.
constexpr Duration kPreparationMax = 30s;
// How long it may take for a message while viewers wait.
constexpr Duration kAnswerMax = 1s;
// How long the streams between two frames are collected.
constexpr Duration kCollectMax = 200ms;
// How long slow viewers get for the frame that is being sent to them.
constexpr Duration kStragglersMax = 5s;
constexpr Duration kStragglersStep = 100ms;

Instant now() {
  return read_monotonic_clock();
}

pid_t process_of(const MessageSocket& socket) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(socket.fd(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return 0;
  return credentials.pid;
}

bool has_hung_up(const MessageSocket& socket) {
  pollfd state{socket.fd(), POLLIN, 0};
  return ::poll(&state, 1, 0) > 0 && (state.revents & (POLLHUP | POLLERR)) != 0;
}

}  // namespace

Predecessor::Predecessor(MessageListener listener, Watch& watch, Estate estate)
    : listener_(std::move(listener)),
      estate_(std::move(estate)),
      watch_(watch),
      limit_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) {
  if (!limit_) throw std::system_error(errno, std::system_category(), "timerfd");
  watch_.watch(listener_.fd(), [this] { meet(); });
  watch_.watch(limit_.get(), [this] { drop("it does not get ready"); });
}

// One at a time: another one is turned away.
void Predecessor::meet() noexcept {
  std::optional<MessageSocket> client = listener_.accept();
  if (successor_ && has_hung_up(successor_)) drop("it has ended");
  if (!client || successor_) return;
  if (!client->is_peer(::geteuid()) && !client->is_peer(0)) {
    return log_warning("takeover: refused, another user's process");
  }
  successor_ = std::move(*client);
  stage_ = Stage::none;
  set_limit(kPreparationMax);
  watch_.watch(successor_.fd(), [this] { hear(); });
}

void Predecessor::hear() noexcept {
  try {
    const auto received = successor_.receive(kTakeoverBytesMax, Duration::zero());
    if (!received) return drop(errno == ECONNRESET ? "it has ended" : std::strerror(errno));
    answer(received->bytes);
  } catch (const std::exception& error) {
    drop(error.what());
  }
}

void Predecessor::answer(const std::string& message) {
  const std::optional<TakeoverKind> kind = kind_of(message);
  if (stage_ == Stage::none) {
    if (!greet(message)) drop("it does not speak our language");
    return;
  }
  if (stage_ == Stage::greeted && kind == TakeoverKind::reload) {
    estate_.reload();
    say(encode(TakeoverKind::end));
    return drop({});
  }
  if (stage_ == Stage::greeted && kind == TakeoverKind::take) {
    log_info("takeover: a successor prepares itself (process {})", process_of(successor_));
    stage_ = Stage::offered;
    if (!offer()) drop(std::strerror(errno));
    return;
  }
  const auto cameras = stage_ == Stage::offered ? decode_ready(message) : std::nullopt;
  if (!cameras) return drop("it says what it should not");
  give(*cameras);
}

bool Predecessor::greet(const std::string& message) {
  if (!decode_hello(message)) return false;
  const ProgramFile program = program_file();
  stage_ = Stage::greeted;
  return say(encode(Welcome{.format = kTakeoverFormat,
                            .device = program.device,
                            .inode = program.inode,
                            .version = estate_.state.config.version}));
}

// ---- what can be given without giving it away ----

bool Predecessor::offer() {
  using Role = PassedListener::Role;
  for (const Listener& listener : estate_.listeners) {
    if (!offer(listener, Role::viewers, estate_.are_inherited)) return false;
  }
  for (const Listener& listener : estate_.admin_listeners) {
    if (!offer(listener, Role::admin, estate_.are_admin_inherited)) return false;
  }
  const int own = listener_.fd();
  const PassedListener here{.role = Role::takeover, .address = listener_.path()};
  if (!say(encode(here), std::span(&own, 1))) return false;
  return say(encode(Offer{estate_.keep_alive_period}),
             std::span(&estate_.manager, estate_.manager >= 0 ? 1 : 0));
}

bool Predecessor::offer(const Listener& listener, PassedListener::Role role, bool is_inherited) {
  PassedListener passed{.role = role, .is_inherited = is_inherited, .address = listener.origin()};
  std::span<const Fd> left = listener.sockets();
  while (!left.empty()) {
    std::vector<int> fds;
    for (const Fd& socket : left.first(std::min(left.size(), PassedListener::kSocketsMax))) {
      fds.push_back(socket.get());
    }
    if (!say(encode(passed), fds)) return false;
    passed.is_more = true;
    left = left.subspan(fds.size());
  }
  return true;
}

// ---- the viewers ----

// Everything that may take time has been done: from here on viewers wait.
void Predecessor::give(const std::vector<std::string>& cameras) {
  ServerState& state = estate_.state;
  orders_.clear();
  for (size_t i = 0; i < state.links.size(); ++i) {
    orders_.push_back(std::make_unique<PassingOrder>());
    orders_.back()->reply_to = &mailbox_;
    orders_.back()->cameras.resize(state.cameras.size());
    for (size_t camera = 0; camera < state.names.named().size(); ++camera) {
      const std::string& name = state.names[camera];
      const bool is_known = std::find(cameras.begin(), cameras.end(), name) != cameras.end();
      orders_.back()->cameras[camera] = is_known;
    }
  }
  order(PassingOrder::Step::hold);
  if (!give_streams()) {
    const int error = errno;
    order(PassingOrder::Step::resume);
    return drop(error == 0 ? "it breaks off" : std::strerror(error));
  }
  is_succeeded_ = true;
  for (Listener& listener : estate_.listeners) listener.disown();
  for (Listener& listener : estate_.admin_listeners) listener.disown();
  listener_.disown();
  estate_.name_successor(process_of(successor_));
  order(PassingOrder::Step::confirm);
  watch_.end();
}

// False, with errno, if the streams are still ours.
bool Predecessor::give_streams() noexcept {
  try {
    return describe_cameras() && pass_streams();
  } catch (const std::bad_alloc&) {
    errno = ENOMEM;
    return false;
  }
}

bool Predecessor::describe_cameras() {
  cameras_.clear();
  const std::span<const std::string> names = estate_.state.names.named();
  for (size_t i = 0; i < names.size(); ++i) {
    const Camera& camera = estate_.state.cameras[i];
    const FrameRing::Continuation from = camera.ring->continuation();
    cameras_.push_back({names[i], from.sequence, from.pictures});
    // A lower rung may be ahead: it is encoded sooner.
    for (size_t rung = 1; rung < camera.rungs(); ++rung) {
      uint64_t& sequence = cameras_.back().sequence;
      sequence = std::max(sequence, camera.rung(rung).continuation().sequence);
    }
  }
  return say(encode(cameras_));
}

bool Predecessor::pass_streams() {
  uint32_t passed = 0;
  const auto is_full = [](const auto& order) { return order->count == PassingOrder::kStreamsMax; };
  do {
    for (auto& each : orders_) each->until = now() + kCollectMax;
    order(PassingOrder::Step::collect);
    const uint32_t count = pass_collected();
    if (count == kFailed) return false;
    passed += count;
  } while (std::any_of(orders_.begin(), orders_.end(), is_full));
  if (!say(encode(TakeoverKind::complete, passed))) return false;
  const auto answer = successor_.receive(kTakeoverBytesMax, kAnswerMax);
  if (!answer) return false;
  errno = 0;
  if (kind_of(answer->bytes) != TakeoverKind::received) return false;
  return decode_count(answer->bytes) == passed && say(encode(TakeoverKind::go));
}

// How many; kFailed if the successor does not take them.
uint32_t Predecessor::pass_collected() {
  uint32_t passed = 0;
  for (const auto& each : orders_) {
    if (each->count == 0) continue;
    for (PassedStream& stream : std::span(each->streams).first(each->count)) {
      // The successor counts from what it was sent first.
      uint64_t& pictures = stream.state.progress.pictures_before;
      pictures = std::min(pictures, cameras_[stream.state.camera].pictures);
    }
    if (!pass(std::span(each->streams).first(each->count))) return kFailed;
    passed += static_cast<uint32_t>(each->count);
  }
  return passed;
}

bool Predecessor::pass(std::span<const PassedStream> streams) {
  std::vector<int> fds;
  for (const PassedStream& stream : streams) fds.push_back(stream.fd);
  return say(encode(streams), fds);
}

void Predecessor::finish() noexcept {
  try {
    estate_.release_cameras();
    say(encode(TakeoverKind::released));
    const Instant deadline = now() + kStragglersMax;
    while (busy() > 0 && now() < deadline) {
      for (auto& each : orders_) {
        each->waits_for_busy = true;
        each->until = std::min(deadline, now() + kStragglersStep);
      }
      order(PassingOrder::Step::collect);
      const bool has_failed = pass_collected() == kFailed;
      order(PassingOrder::Step::confirm);  // some may have been passed
      if (has_failed) break;
    }
    say(encode(TakeoverKind::end));
  } catch (const std::exception& error) {
    log_warning("takeover: {}", error.what());
  }
}

size_t Predecessor::busy() const {
  size_t busy = 0;
  for (const auto& each : orders_) busy += each->busy;
  return busy;
}

// Returns when all shards have carried it out.
void Predecessor::order(PassingOrder::Step step) {
  ServerState& state = estate_.state;
  for (size_t i = 0; i < orders_.size(); ++i) {
    PassingOrder& each = *orders_[i];
    each.step = step;
    each.is_back = false;
    each.link = state.links[i].get();
    each.link->mailbox.post(each, [](Message& message) noexcept {
      auto& arrived = static_cast<PassingOrder&>(message);
      arrived.link->entry->carry_out(arrived);
    });
  }
  const auto all_are_back = [&] {
    return std::all_of(orders_.begin(), orders_.end(),
                       [](const auto& each) { return each->is_back; });
  };
  while (!all_are_back()) {
    pollfd wait{waker_.fd(), POLLIN, 0};
    if (::poll(&wait, 1, -1) <= 0) continue;
    waker_.drain();
    mailbox_.deliver();
  }
}

// ---- the connection ----

bool Predecessor::say(const std::string& message, std::span<const int> descriptors) {
  return successor_.send(message, descriptors, kAnswerMax);
}

void Predecessor::set_limit(Duration limit) {
  itimerspec spec{};
  spec.it_value.tv_sec = static_cast<time_t>(limit / 1s);
  CHECK(::timerfd_settime(limit_.get(), 0, &spec, nullptr) == 0);
}

void Predecessor::drop(std::string_view why) {
  if (stage_ == Stage::offered) {
    log_warning("takeover: the successor failed: {}; this server goes on", why);
  }
  if (successor_) watch_.unwatch(successor_.fd());
  successor_.close();
  stage_ = Stage::none;
  set_limit(Duration::zero());
}

}  // namespace fanlight
