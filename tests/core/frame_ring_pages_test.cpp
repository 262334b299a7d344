// SPDX-License-Identifier: Apache-2.0
// The frame ring's pages when they are passed to sockets instead of copies: the page itself is
// queued, for longer than the frame is pinned.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include <string>

#include "core/fd.h"
#include "tests/core/frame_ring_helper.h"

namespace fanlight {
namespace {

constexpr size_t kPictureSize = 20'000;

FrameRingConfig ring_config(bool detach_pages) {
  return {.window = 2,
          .jpeg_capacity = 64 << 10,
          .memory_limit = 1 << 20,
          .detach_pages = detach_pages};
}

// Two ends of a TCP connection on the loopback device.
struct TcpPair {
  TcpPair() {
    const Fd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(listener.get(), generic, size), 0);
    EXPECT_EQ(::listen(listener.get(), 1), 0);
    EXPECT_EQ(::getsockname(listener.get(), generic, &size), 0);
    EXPECT_EQ(::connect(peer.get(), generic, size), 0);
    ours = Fd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  }
  Fd peer{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  Fd ours;
};

// Queues the whole picture of the newest frame, and keeps no pin.
void send_newest(FrameRing& ring, int socket) {
  const FrameRef ref = ring.newer_than(0);
  const auto* jpeg = reinterpret_cast<const std::byte*>(ref->jpeg().data());
  off_t offset = jpeg - ring.memory().data();
  ASSERT_EQ(::sendfile(socket, ring.memory_fd(), &offset, ref->jpeg().size()),
            static_cast<ssize_t>(ref->jpeg().size()));
}

std::string receive_picture(int socket) {
  std::string bytes(kPictureSize, '\0');
  EXPECT_EQ(::recv(socket, bytes.data(), bytes.size(), MSG_WAITALL),
            static_cast<ssize_t>(bytes.size()));
  return bytes;
}

// Queues frame 1 to a peer that does not read, writes its place again, and lets the peer read.
std::string queued_over_a_rewrite(FrameRing& ring) {
  const TcpPair pair;
  publish_picture(ring, 1, kPictureSize);
  const uint32_t place = ring.newer_than(0)->place();
  send_newest(ring, pair.ours.get());
  uint64_t sequence = 1;
  do {
    publish_picture(ring, ++sequence, kPictureSize);
  } while (ring.newer_than(0)->place() != place);
  return receive_picture(pair.peer.get());
}

TEST(FrameRingPagesTest, DetachedPagesKeepTheirQueuedContents) {
  FrameRing ring(ring_config(true));
  ASSERT_GE(ring.memory_fd(), 0);
  EXPECT_TRUE(ring.detaches_pages());
  EXPECT_EQ(read_test_picture(queued_over_a_rewrite(ring)), std::optional<uint64_t>(1));
}

// The counterpart: without detaching, the peer gets another picture than was sent. So a backend may
// send from the ring's pages only if they are detached.
TEST(FrameRingPagesTest, PagesInPlaceAreOverwrittenWhileQueued) {
  FrameRing ring(ring_config(false));
  ASSERT_GE(ring.memory_fd(), 0);
  EXPECT_FALSE(ring.detaches_pages());
  EXPECT_EQ(read_test_picture(queued_over_a_rewrite(ring)), std::optional<uint64_t>(3));
}

TEST(FrameRingPagesTest, FramesLieInItsMemory) {
  FrameRing ring(ring_config(true));
  publish_picture(ring, 1);
  const FrameRef ref = ring.newer_than(0);
  const auto* begin = reinterpret_cast<const char*>(ring.memory().data());
  for (const std::string_view part : {ref->plain_part(), ref->advance_part()}) {
    EXPECT_GE(part.data(), begin);
    EXPECT_LE(part.data() + part.size(), begin + ring.memory().size());
  }
}

TEST(FrameRingPagesTest, CountsTouchedMemoryWhenPagesAreDetached) {
  FrameRing ring(ring_config(true));
  const size_t one_page = page_size();
  for (uint64_t sequence = 1; sequence <= 10; ++sequence) publish_picture(ring, sequence);
  EXPECT_EQ(ring.touched_bytes(), 2 * one_page);
  // A place under write holds no memory until the picture is published.
  const FrameRing::Acquired acquired = ring.acquire();
  EXPECT_EQ(ring.touched_bytes(), one_page);
  ring.abandon(acquired.place);
  publish_picture(ring, 11, 60'000);
  publish_picture(ring, 12);
  publish_picture(ring, 13);
  EXPECT_EQ(ring.touched_bytes(), 2 * one_page) << "the large picture's pages were freed";
  expect_whole(ring.newer_than(12));
}

}  // namespace
}  // namespace fanlight
