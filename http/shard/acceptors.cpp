// SPDX-License-Identifier: Apache-2.0
#include "http/shard/acceptors.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "core/check.h"
#include "http/delivery/shard_services.h"

namespace fanlight {
namespace {

// When descriptors are short and no connection of this shard ends, it tries again after this time.
constexpr Duration kRetry = 1s;
// A connection is passed on if this shard has kSurplusMin more than the least loaded one, or one
// kSurplusShare-th more, whichever is greater: each transfer costs a wake of the other thread.
constexpr size_t kSurplusMin = 4;
constexpr size_t kSurplusShare = 64;

// So many failed connections in a row are taken at once. It is also what stops a loop if an error
// is not of one connection after all.
constexpr unsigned kFailuresInARow = 64;
// A cancel that had no effect is repeated after this time.
constexpr Duration kCancelAgain = 20ms;

// These concern one connection that has already gone, not the listener: Linux passes errors of the
// network to accept(2), which says to treat them like EAGAIN.
bool is_transient(int error) {
  switch (error) {
    case EAGAIN:
    case EINTR:
    case ECONNABORTED:
    case EPERM:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
    case ETIMEDOUT:
      return true;
    default:
      return false;
  }
}

}  // namespace

Acceptors::Acceptors(ShardEntry& shard, ShardServices& services,
                     std::span<const ListeningSocket> listeners)
    : shard_(shard),
      services_(services),
      on_their_way_(services.state.links.size()),
      retry_timer_(bind_timer<&Acceptors::on_timer>(this)) {
  for (const ListeningSocket& listener : listeners) {
    acceptors_.push_back(std::make_unique<Acceptor>(*this, listener));
  }
  for (Handover& handover : handovers_) {
    handover.owner = this;
    free_.push_back(&handover);
  }
}

Acceptors::~Acceptors() {
  CHECK(is_idle() && spare_ < 0);
  services_.reactor.timers().clear(retry_timer_);
}

bool Acceptors::is_idle() const noexcept {
  const bool accepts = std::any_of(acceptors_.begin(), acceptors_.end(), [](const auto& acceptor) {
    return acceptor->operation.in_flight();
  });
  return !accepts && free_.size() == handovers_.size();
}

void Acceptors::take_spare() {
  const int fd = services_.reactor.backend().open_spare();
  if (fd < 0) throw std::system_error(-fd, std::system_category(), "the spare descriptor");
  spare_ = fd;
}

void Acceptors::start() noexcept {
  for (auto& acceptor : acceptors_) accept(*acceptor);
}

void Acceptors::accept(Acceptor& acceptor) noexcept {
  services_.reactor.submit(acceptor.operation, io_uring_prep_multishot_accept, acceptor.listener.fd,
                           nullptr, nullptr, SOCK_CLOEXEC);
}

void Acceptors::on_accepted(Acceptor& acceptor, Completion completion) noexcept {
  const int fd = completion.result;
  const ClientSocket client{.fd = fd,
                            .by_admin_listener = acceptor.listener.is_admin,
                            .by_tls_listener = acceptor.listener.is_tls,
                            .by_local_listener = acceptor.listener.is_local};
  if (fd >= 0) failures_ = 0;
  if (fd < 0) {
    if (fd != -ECANCELED) accept_failed(-fd);
  } else if (stopped_) {
    shard_.admit(client);  // it arrived before the end, so it is answered
  } else if (!has_spare()) {
    // The connection has the last descriptor; once it is closed there is a spare again.
    services_.stats.refused_descriptors.add();
    shard_.refuse(client, Refusal::descriptors);
  } else if (!hand_over(client)) {
    accepted(client);
  }
  if (completion.final() && !paused_ && !on_hold_ && !stopped_) accept(acceptor);
}

void Acceptors::accepted(const ClientSocket& client) noexcept {
  if (held_count_ > 0 || !shard_.has_room()) return hold(client);
  shard_.admit(client);
}

// There is no place left, not even to refuse it: it waits for one.
void Acceptors::hold(const ClientSocket& client) noexcept {
  if (held_count_ == kHeldMax) return services_.reactor.discard(client.fd);
  held_[(held_first_ + held_count_++) % kHeldMax] = client;
  pause();
}

void Acceptors::accept_failed(int error) noexcept {
  services_.stats.accept_failures.add();
  if (stopped_) return;
  if (on_hold_ || (is_transient(error) && ++failures_ < kFailuresInARow)) return;
  failures_ = 0;
  if (error == EMFILE || error == ENFILE) return short_of_descriptors(error);
  services_.events.cannot_accept(services_.now(), error);
  pause();
}

// Closing the spare makes room to accept and refuse one client. If it is already closed, nothing
// can be done until a connection ends.
void Acceptors::short_of_descriptors(int error) noexcept {
  services_.events.short_of_descriptors(services_.now(), error,
                                        services_.stats.connections_open.value());
  if (spare_ < 0) return pause();
  services_.reactor.discard(std::exchange(spare_, -1));
}

// Clients that connect meanwhile wait in the kernel's backlog.
void Acceptors::pause() noexcept {
  if (std::exchange(paused_, true)) return;
  for (auto& acceptor : acceptors_) services_.reactor.cancel(acceptor->operation);
  services_.reactor.timers().set(retry_timer_, services_.now() + kRetry);
}

// Opens it again if it was closed. Descriptors may be free again by now, here or elsewhere in the
// machine, without the end of a connection of this shard.
bool Acceptors::has_spare() noexcept {
  if (spare_ < 0) spare_ = services_.reactor.backend().open_spare();
  return spare_ >= 0;
}

void Acceptors::on_timer() noexcept {
  stopped_ || on_hold_ ? cancel_accepts() : try_again();
}

void Acceptors::try_again() noexcept {
  if (stopped_) return;
  has_spare();
  resume();
}

void Acceptors::resume() noexcept {
  if (!paused_ || stopped_ || on_hold_) return;
  while (held_count_ > 0 && shard_.has_room()) shard_.admit(take_held());
  if (!shard_.has_room()) {
    services_.reactor.timers().set(retry_timer_, services_.now() + kRetry);
    return;
  }
  paused_ = false;
  services_.reactor.timers().clear(retry_timer_);
  for (auto& acceptor : acceptors_) {
    if (!acceptor->operation.in_flight()) accept(*acceptor);
  }
}

void Acceptors::hold() noexcept {
  on_hold_ = true;
  cancel_accepts();
}

void Acceptors::release() noexcept {
  on_hold_ = false;
  services_.reactor.timers().clear(retry_timer_);
  if (paused_) return resume();
  for (auto& acceptor : acceptors_) {
    if (!acceptor->operation.in_flight()) accept(*acceptor);
  }
}

void Acceptors::stop() noexcept {
  stopped_ = true;
  services_.reactor.timers().clear(retry_timer_);
  cancel_accepts();
  if (spare_ >= 0) services_.reactor.discard(std::exchange(spare_, -1));
  while (held_count_ > 0) shard_.admit(take_held());
}

void Acceptors::cancel_accepts() noexcept {
  bool any = false;
  for (auto& acceptor : acceptors_) {
    any |= acceptor->operation.in_flight();
    services_.reactor.cancel(acceptor->operation);
  }
  if (any) services_.reactor.timers().set(retry_timer_, services_.now() + kCancelAgain);
}

ClientSocket Acceptors::take_held() noexcept {
  CHECK(held_count_ > 0);
  --held_count_;
  return held_[std::exchange(held_first_, (held_first_ + 1) % kHeldMax)];
}

// ---- other shards ----

unsigned Acceptors::least_loaded() const noexcept {
  const auto& links = services_.state.links;
  const auto load = [&](unsigned shard) {
    return links[shard]->stats.connections_open.value() + on_their_way_[shard];
  };
  unsigned least = services_.index;
  for (unsigned i = 0; i < links.size(); ++i) {
    if (load(i) < load(least)) least = i;
  }
  const size_t surplus = std::max(kSurplusMin, load(least) / kSurplusShare);
  return load(services_.index) >= load(least) + surplus ? least : services_.index;
}

// Where a connection can give way when all places are taken: this shard, else the one with most
// idle connections.
unsigned Acceptors::most_idle() const noexcept {
  const auto& links = services_.state.links;
  const auto idle = [&](unsigned shard) { return links[shard]->stats.connections_idle.value(); };
  unsigned most = services_.index;
  for (unsigned i = 0; i < links.size() && idle(services_.index) == 0; ++i) {
    if (idle(i) > idle(most)) most = i;
  }
  return most;
}

// False if this shard should keep the connection.
bool Acceptors::hand_over(const ClientSocket& client) noexcept {
  const Admission& admission = services_.state.admission;
  const bool is_full = admission.connections() >= admission.connections_max();
  const unsigned to = is_full ? most_idle() : least_loaded();
  if (to == services_.index || free_.empty()) return false;
  Handover& handover = *free_.back();
  free_.pop_back();
  handover.to = to;
  handover.client = client;
  ++on_their_way_[to];
  services_.state.links[to]->mailbox.post(handover, [](Message& message) noexcept {
    auto& arrived = static_cast<Handover&>(message);
    ShardServices& from = arrived.owner->services_;
    from.state.links[arrived.to]->entry->admit(arrived.client);
    from.mailbox.post(message, [](Message& back) noexcept {
      auto& returned = static_cast<Handover&>(back);
      returned.owner->came_back(returned);
    });
  });
  return true;
}

void Acceptors::came_back(Handover& handover) noexcept {
  --on_their_way_[handover.to];
  free_.push_back(&handover);
}

}  // namespace fanlight
