// SPDX-License-Identifier: Apache-2.0
#include "tests/capture/relay/scripted_server.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "core/check.h"

namespace fanlight {
namespace {

// Only ends a test that hangs; no result depends on it.
constexpr timeval kPatience{20, 0};

Fd listen_on_loopback(uint16_t& port) {
  Fd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  CHECK(listener);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  CHECK(::bind(listener.get(), generic, size) == 0);
  CHECK(::listen(listener.get(), 16) == 0);
  CHECK(::getsockname(listener.get(), generic, &size) == 0);
  port = ntohs(address.sin_port);
  return listener;
}

}  // namespace

ScriptedServer::Peer::Peer(Fd socket) : socket_(std::move(socket)) {
  const int one = 1;
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
  ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

std::string ScriptedServer::Peer::read_head() {
  std::string head;
  char byte = 0;
  while (!head.ends_with("\r\n\r\n") && ::recv(socket_.get(), &byte, 1, 0) == 1) head += byte;
  return head;
}

std::string ScriptedServer::Peer::read(size_t size) {
  std::string bytes;
  char byte = 0;
  while (bytes.size() < size && ::recv(socket_.get(), &byte, 1, 0) == 1) bytes += byte;
  return bytes;
}

void ScriptedServer::Peer::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

void ScriptedServer::Peer::write_byte_by_byte(std::string_view bytes) {
  for (size_t i = 0; i < bytes.size(); ++i) write(bytes.substr(i, 1));
}

void ScriptedServer::Peer::wait_until_closed() {
  char bytes[4096];
  while (::recv(socket_.get(), bytes, sizeof bytes, 0) > 0) {
  }
}

void ScriptedServer::Peer::reset() {
  const linger hard{1, 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  socket_ = Fd();
}

ScriptedServer::ScriptedServer(std::vector<Script> scripts)
    : scripts_(std::move(scripts)), listener_(listen_on_loopback(port_)) {
  thread_ = std::thread([this] { play(); });
}

// shutdown(2) of a listener ends the accept(2) blocked on it.
ScriptedServer::~ScriptedServer() {
  ::shutdown(listener_.get(), SHUT_RDWR);
  if (thread_.joinable()) thread_.join();
}

void ScriptedServer::finish() {
  thread_.join();
}

void ScriptedServer::play() {
  for (const Script& script : scripts_) {
    Fd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!socket) return;
    Peer peer(std::move(socket));
    script(peer);
  }
}

std::string ScriptedServer::url(std::string_view path, std::string_view user) const {
  return fmt::format("http://{}{}127.0.0.1:{}{}", user, user.empty() ? "" : "@", port_, path);
}

uint16_t closed_port() {
  uint16_t port = 0;
  listen_on_loopback(port);
  return port;
}

std::string http_answer(std::string_view status, std::string_view fields, std::string_view body) {
  return fmt::format("HTTP/1.1 {}\r\n{}Content-Length: {}\r\n\r\n{}", status, fields, body.size(),
                     body);
}

}  // namespace fanlight
