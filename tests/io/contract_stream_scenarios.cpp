// SPDX-License-Identifier: Apache-2.0
// The contract of RECV, SEND, SENDMSG, SHUTDOWN and POLL_ADD on stream sockets.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <string_view>

#include "tests/io/contract_driver.h"
#include "tests/io/contract_scenarios.h"

namespace fanlight {
namespace {

enum Id : uint64_t { kReceive = 1, kSend, kShutdown, kPoll };

// Submits a RECV into a buffer that lives as long as the scenario.
struct Receiver {
  ContractDriver& driver;
  int fd;
  std::array<char, 256> buffer{};

  void submit() {
    driver.submit(kReceive, io_uring_prep_recv, fd, buffer.data(), buffer.size(), 0);
  }
  std::string_view text(int size) const {
    return {buffer.data(), static_cast<size_t>(std::max(size, 0))};
  }
};

}  // namespace

void receive_data_and_end(ContractWorld& world) {
  ContractDriver driver(world);
  const ContractConnection connection = driver.connect();
  Receiver receiver{driver, connection.fd};
  connection.peer->send("hello");
  receiver.submit();
  EXPECT_EQ(driver.result(kReceive), 5);
  EXPECT_EQ(receiver.text(5), "hello");

  connection.peer->send("bye");
  connection.peer->close();
  receiver.submit();
  EXPECT_EQ(driver.result(kReceive), 3);
  EXPECT_EQ(receiver.text(3), "bye");
  for (int i = 0; i < 2; ++i) {
    receiver.submit();
    EXPECT_EQ(driver.result(kReceive), 0) << "the end of the stream stays";
  }
  driver.close(connection.fd);
}

void receive_reset(ContractWorld& world) {
  ContractDriver driver(world);
  const ContractConnection connection = driver.connect();
  Receiver receiver{driver, connection.fd};
  receiver.submit();
  EXPECT_TRUE(driver.is_idle(5ms));
  connection.peer->reset();
  EXPECT_EQ(driver.result(kReceive), -ECONNRESET);
  driver.close(connection.fd);
}

void receive_waits_for_data(ContractWorld& world) {
  ContractDriver driver(world);
  const ContractConnection connection = driver.connect();
  Receiver receiver{driver, connection.fd};
  for (const std::string_view text : {"first", "second", "third"}) {
    receiver.submit();
    EXPECT_TRUE(driver.is_idle(5ms));
    connection.peer->send(text);
    const int size = driver.result(kReceive);
    EXPECT_EQ(receiver.text(size), text);
  }
  driver.close(connection.fd);
}

void send_whole(ContractWorld& world) {
  ContractDriver driver(world);
  const ContractConnection connection = driver.connect();
  const std::string text(1000, 'x');
  driver.submit(kSend, io_uring_prep_send, connection.fd, text.data(), text.size(), MSG_NOSIGNAL);
  EXPECT_EQ(driver.result(kSend), 1000);
  EXPECT_EQ(driver.receive(*connection.peer, 1000), text);
  driver.close(connection.fd);
}

void send_three_pieces(ContractWorld& world) {
  ContractDriver driver(world);
  const ContractConnection connection = driver.connect();
  std::string head = "head ", body = "body ", tail = "tail";
  iovec pieces[] = {
      {head.data(), head.size()}, {body.data(), body.size()}, {tail.data(), tail.size()}};
  msghdr message{};
  message.msg_iov = pieces;
  message.msg_iovlen = 3;
  driver.submit(kSend, io_uring_prep_sendmsg, connection.fd, &message, unsigned{MSG_NOSIGNAL});
  EXPECT_EQ(driver.result(kSend), 14);
  EXPECT_EQ(driver.receive(*connection.peer, 14), "head body tail");
  driver.close(connection.fd);
}

namespace {

void fill_and_drain(ContractWorld& world, ContractDriver::With with) {
  ContractDriver driver(world);
  const ContractConnection connection = driver.connect();
  const size_t taken = driver.fill(connection.fd, kSend, with);
  EXPECT_GT(taken, 0u);
  driver.expect_stream(*connection.peer, taken);
  const int rest = driver.result(kSend);
  ASSERT_GT(rest, 0);
  driver.expect_stream(*connection.peer, static_cast<size_t>(rest));
  driver.close(connection.fd);
}

}  // namespace

void send_into_full_socket(ContractWorld& world) {
  fill_and_drain(world, ContractDriver::With::send);
}

void send_pieces_into_full_socket(ContractWorld& world) {
  fill_and_drain(world, ContractDriver::With::sendmsg);
}

void send_large_first_piece_into_full_socket(ContractWorld& world) {
  fill_and_drain(world, ContractDriver::With::sendmsg_of_large_first);
}

// As a server sends frames: each completely, in as many requests as necessary, even of 1 byte.
void send_frames_of_all_sizes(ContractWorld& world) {
  ContractDriver driver(world);
  const ContractConnection connection = driver.connect();
  for (const size_t size : {1u, 4095u, 16383u, 16384u, 16385u, 20'000u, 44'000u, 100'000u}) {
    SCOPED_TRACE(size);
    std::span<char> frame = world.memory(size);
    for (size_t i = 0; i < size; ++i) frame[i] = stream_byte(size + i);
    std::string received;
    for (std::span<char> unsent = frame; !unsent.empty();) {
      driver.submit(kSend, io_uring_prep_send, connection.fd, unsent.data(), unsent.size(),
                    MSG_NOSIGNAL);
      const int sent = driver.result(kSend);
      ASSERT_GT(sent, 0);
      unsent = unsent.subspan(static_cast<size_t>(sent));
      received += driver.receive(*connection.peer, static_cast<size_t>(sent));
    }
    EXPECT_TRUE(std::equal(received.begin(), received.end(), frame.begin(), frame.end()));
  }
  driver.close(connection.fd);
}

void reset_ends_waiting_send(ContractWorld& world) {
  ContractDriver driver(world);
  const ContractConnection connection = driver.connect();
  driver.fill(connection.fd, kSend);
  connection.peer->reset();
  const int result = driver.result(kSend);
  EXPECT_TRUE(result == -ECONNRESET || result == -EPIPE) << result;
  // From then on nothing is sent, and nothing waits.
  driver.submit(kSend, io_uring_prep_send, connection.fd, "x", size_t{1}, MSG_NOSIGNAL);
  EXPECT_EQ(driver.result(kSend), -EPIPE);
  driver.close(connection.fd);
}

void shutdown_ends_waiting_requests(ContractWorld& world) {
  ContractDriver driver(world);
  const ContractConnection connection = driver.connect();
  Receiver receiver{driver, connection.fd};
  receiver.submit();
  driver.fill(connection.fd, kSend);
  driver.submit(kShutdown, io_uring_prep_shutdown, connection.fd, SHUT_RDWR);
  EXPECT_EQ(driver.result(kShutdown), 0);
  EXPECT_EQ(driver.result(kSend), -EPIPE);
  EXPECT_EQ(driver.result(kReceive), 0);
  driver.close(connection.fd);
}

// A lingering close needs this: the end of stream is sent, and the peer's last bytes are still
// received.
void shutdown_of_writing_leaves_reading(ContractWorld& world) {
  ContractDriver driver(world);
  const ContractConnection connection = driver.connect();
  Receiver receiver{driver, connection.fd};
  receiver.submit();
  driver.submit(kShutdown, io_uring_prep_shutdown, connection.fd, SHUT_WR);
  EXPECT_EQ(driver.result(kShutdown), 0);
  for (int i = 0; i < 1000 && !connection.peer->at_end(); ++i) driver.is_idle(1ms);
  EXPECT_TRUE(connection.peer->at_end());
  connection.peer->send("last words");
  EXPECT_EQ(driver.result(kReceive), 10);
  EXPECT_EQ(receiver.text(10), "last words");
  driver.close(connection.fd);
}

void receive_and_send_wait_together(ContractWorld& world) {
  ContractDriver driver(world);
  const ContractConnection connection = driver.connect();
  Receiver receiver{driver, connection.fd};
  receiver.submit();
  const size_t taken = driver.fill(connection.fd, kSend);
  connection.peer->send("news");
  EXPECT_EQ(driver.result(kReceive), 4);
  receiver.submit();
  driver.expect_stream(*connection.peer, taken);
  EXPECT_GT(driver.result(kSend), 0);
  EXPECT_FALSE(driver.comes(kReceive, 5ms));
  connection.peer->close();
  // A reset: the peer closes with unread data.
  EXPECT_EQ(driver.result(kReceive), -ECONNRESET);
  driver.close(connection.fd);
}

void poll_then_receive(ContractWorld& world) {
  ContractDriver driver(world);
  const ContractConnection connection = driver.connect();
  Receiver receiver{driver, connection.fd};
  driver.submit(kPoll, io_uring_prep_poll_add, connection.fd, unsigned{POLLIN});
  EXPECT_TRUE(driver.is_idle(5ms));
  connection.peer->send("data");
  EXPECT_EQ(driver.result(kPoll), POLLIN);
  // One completion each; if the event is ready already, it completes immediately.
  driver.submit(kPoll, io_uring_prep_poll_add, connection.fd, unsigned{POLLIN});
  EXPECT_EQ(driver.result(kPoll), POLLIN);
  receiver.submit();
  EXPECT_EQ(driver.result(kReceive), 4);
  driver.submit(kPoll, io_uring_prep_poll_add, connection.fd, unsigned{POLLIN});
  EXPECT_TRUE(driver.is_idle(5ms));
  connection.peer->send("more");
  EXPECT_EQ(driver.result(kPoll), POLLIN);
  driver.close(connection.fd);
}

void poll_reports_end(ContractWorld& world) {
  ContractDriver driver(world);
  const ContractConnection connection = driver.connect();
  driver.submit(kPoll, io_uring_prep_poll_add, connection.fd, unsigned{POLLIN});
  EXPECT_TRUE(driver.is_idle(5ms));
  connection.peer->close();
  EXPECT_EQ(driver.result(kPoll), POLLIN | POLLRDHUP);
  driver.close(connection.fd);
}

// An error is reported whatever events were requested (poll(2)).
void poll_reports_reset(ContractWorld& world) {
  ContractDriver driver(world);
  const ContractConnection connection = driver.connect();
  driver.submit(kPoll, io_uring_prep_poll_add, connection.fd, unsigned{POLLPRI});
  EXPECT_TRUE(driver.is_idle(5ms));
  connection.peer->reset();
  EXPECT_EQ(driver.result(kPoll), POLLERR | POLLHUP | POLLRDHUP);
  driver.close(connection.fd);
}

}  // namespace fanlight
