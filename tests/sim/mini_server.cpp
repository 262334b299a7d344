// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/mini_server.h"

#include <sys/socket.h>

#include <cerrno>
#include <string_view>

#include "core/check.h"

namespace fanlight {
namespace {

constexpr std::string_view kStart =
    "HTTP/1.1 200 OK\r\n"
    "Content-Type: multipart/x-mixed-replace; boundary=boundarydonotcross\r\n\r\n"
    "--boundarydonotcross\r\n";
constexpr std::string_view kClosing = "\r\n--boundarydonotcross--\r\n";

}  // namespace

MiniServer::MiniServer(Backend& backend, FrameRing& ring, int listener, Defect defect)
    : reactor_(backend, 1),
      ring_(ring),
      listener_(listener),
      defect_(defect),
      slab_(1000),
      accepting_(bind<&MiniServer::on_accepted>(this)),
      waking_(bind<&MiniServer::on_woken>(this)) {
  ring_.add_reader(&waker_);
  accept();
  watch_ring();
}

MiniServer::~MiniServer() {
  while (!clients_.empty()) slab_.destroy(&clients_.pop_front());
}

bool MiniServer::turn(Instant deadline) {
  if (defect_ == Defect::allocates) ::operator delete(::operator new(1));
  reactor_.turn(deadline);
  const bool forgotten = defect_ == Defect::forgets_sockets && reactor_.in_flight() == 0;
  return !stopping_ || !(forgotten || (clients_.empty() && reactor_.in_flight() == 0));
}

void MiniServer::stop() {
  stopping_ = true;
  old_.reset();
  reactor_.cancel(accepting_);
  reactor_.cancel(waking_);
  clients_.for_each([](Client& client) { client.advance(); });
}

void MiniServer::abort() {
  stop();
  clients_.for_each([this](Client& client) {
    if (client.closed) return;
    reactor_.backend().reset_on_close(client.fd);
    if (!client.ending) client.end();
  });
}

void MiniServer::accept() noexcept {
  if (stopping_) return;
  reactor_.submit(accepting_, io_uring_prep_multishot_accept, listener_, nullptr, nullptr, 0);
}

void MiniServer::on_accepted(Completion completion) noexcept {
  if (completion.result >= 0) {
    Client* client = slab_.make(*this, completion.result);
    CHECK(client != nullptr);
    clients_.push_back(*client);
    client->receive();
  }
  // Without a pause, which a real server needs if descriptors are short.
  if (completion.final()) accept();
}

void MiniServer::watch_ring() noexcept {
  if (stopping_) return;
  reactor_.submit(waking_, io_uring_prep_read, waker_.fd(), &wakes_, unsigned{sizeof wakes_}, 0u);
}

void MiniServer::on_woken(Completion) noexcept {
  watch_ring();
  if (defect_ == Defect::sends_old_frames && !old_) old_ = ring_.newer_than(0);
  clients_.for_each([](Client& client) { client.advance(); });
}

MiniServer::Client::Client(MiniServer& owner, int socket) noexcept
    : server(owner),
      fd(socket),
      receiving(bind<&Client::on_received>(this)),
      sending(bind<&Client::on_sent>(this)),
      controlling(bind<&Client::on_controlled>(this)) {}

void MiniServer::Client::receive() noexcept {
  server.reactor_.submit(receiving, io_uring_prep_recv, fd, input.data(), input.size(), 0);
}

void MiniServer::Client::on_received(Completion completion) noexcept {
  if (ending) return close_when_idle();
  if (completion.result <= 0) return end();
  for (int i = 0; i < completion.result; ++i) {
    const char byte = input[static_cast<size_t>(i)];
    if (byte == '\n') ++newlines;
    if (byte != '\n' && byte != '\r' && newlines < 2) newlines = 0;
  }
  receive();
  if (newlines >= 2 && !streaming) {
    streaming = true;
    send(kStart);
  }
}

void MiniServer::Client::send(std::string_view bytes) noexcept {
  unsent = bytes;
  server.reactor_.submit(sending, io_uring_prep_send, fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

void MiniServer::Client::on_sent(Completion completion) noexcept {
  if (ending) return close_when_idle();
  if (completion.result < 0 && completion.result != -ENOBUFS) return end();
  const auto sent = static_cast<size_t>(completion.result < 0 ? 0 : completion.result);
  if (sent < unsent.size() && server.defect_ != Defect::ignores_short_sends) {
    return send(unsent.substr(sent));
  }
  unsent = {};
  frame.reset();
  advance();
}

// Sends the next piece if none is being sent.
void MiniServer::Client::advance() noexcept {
  if (ending || sending.in_flight()) return;
  if (server.stopping_) {
    const bool says_so = streaming && server.defect_ != Defect::no_closing_delimiter;
    if (!says_so || closing_sent) {
      if (!shut && !controlling.in_flight()) {
        shut = true;
        server.reactor_.submit(controlling, io_uring_prep_shutdown, fd, SHUT_WR);
      }
      return;
    }
    closing_sent = true;
    return send(kClosing);
  }
  if (!streaming) return;
  if (server.old_ && !went_back && sequence > server.old_->sequence() + 5) {
    went_back = true;
    return send(server.old_->plain_part());
  }
  frame = server.ring_.newer_than(sequence);
  if (!frame) return;
  sequence = frame->sequence();
  send(frame->plain_part());
}

void MiniServer::Client::on_controlled(Completion) noexcept {
  if (closed) {
    server.clients_.remove(*this);
    return server.slab_.destroy(this);
  }
  if (ending) close_when_idle();
}

// The peer has left, or the connection has failed.
void MiniServer::Client::end() noexcept {
  ending = true;
  if (!controlling.in_flight()) {
    server.reactor_.submit(controlling, io_uring_prep_shutdown, fd, SHUT_RDWR);
  }
}

void MiniServer::Client::close_when_idle() noexcept {
  if (closed || receiving.in_flight() || sending.in_flight() || controlling.in_flight()) return;
  if (server.defect_ == Defect::forgets_sockets) return;
  closed = true;
  frame.reset();
  server.reactor_.submit(controlling, io_uring_prep_close, fd);
}

}  // namespace fanlight
