// SPDX-License-Identifier: Apache-2.0
#include "core/mailbox.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <thread>
#include <vector>

namespace fanlight {
namespace {

struct Note : Message {
  static void record(Message& message) noexcept {
    Note& note = static_cast<Note&>(message);
    note.log->push_back(note.number);
  }
  int number = 0;
  std::vector<int>* log = nullptr;
};

bool is_readable(const Waker& waker) {
  pollfd ready{waker.fd(), POLLIN, 0};
  return ::poll(&ready, 1, 0) == 1;
}

TEST(MailboxTest, PostWakesTheOwnerAndDeliverCallsEachHandlerOnce) {
  Waker waker;
  Mailbox mailbox(waker);
  std::vector<int> log;
  std::array<Note, 3> notes;
  for (int i = 0; i < 3; ++i) {
    notes[size_t(i)].number = i;
    notes[size_t(i)].log = &log;
  }
  EXPECT_FALSE(is_readable(waker));
  for (Note& note : notes) mailbox.post(note, Note::record);
  EXPECT_TRUE(is_readable(waker));
  EXPECT_TRUE(log.empty());
  mailbox.deliver();
  EXPECT_EQ(log, (std::vector<int>{2, 1, 0}));
  mailbox.deliver();
  EXPECT_EQ(log.size(), 3u);
}

TEST(MailboxTest, HandlerMayForwardAndDestroyItsMessage) {
  struct Letter : Message {
    explicit Letter(Mailbox* back_) : back(back_) {}
    Mailbox* back;
    bool answered = false;
  };
  Waker here_waker, there_waker;
  Mailbox here(here_waker), there(there_waker);
  Letter* letter = new Letter(&here);
  there.post(*letter, [](Message& message) noexcept {
    Letter& received = static_cast<Letter&>(message);
    received.answered = true;
    received.back->post(received, [](Message& returned) noexcept {
      const std::unique_ptr<Letter> last(static_cast<Letter*>(&returned));
      EXPECT_TRUE(last->answered);
    });
  });
  there.deliver();
  EXPECT_TRUE(is_readable(here_waker));
  here.deliver();
}

// Each sender has one message that goes back and forth between it and the receiver, and counts its
// trips.
TEST(MailboxTest, DeliversAndReturnsMessagesOfSeveralThreads) {
  constexpr int kSenders = 3;
  constexpr int kTrips = 5'000;
  struct Ball : Message {
    Mailbox* home = nullptr;
    bool at_home = true;
    int hits = 0;
  };
  Waker receiver_waker;
  Mailbox receiver(receiver_waker);
  const auto sender = [&] {
    Waker waker;
    Mailbox home(waker);
    Ball ball;
    ball.home = &home;
    for (int trip = 0; trip < kTrips; ++trip) {
      ball.at_home = false;
      receiver.post(ball, [](Message& message) noexcept {
        Ball& hit = static_cast<Ball&>(message);
        ++hit.hits;
        hit.home->post(hit,
                       [](Message& back) noexcept { static_cast<Ball&>(back).at_home = true; });
      });
      while (!ball.at_home) {
        uint64_t count = 0;
        EXPECT_EQ(::read(waker.fd(), &count, sizeof count), 8);
        home.deliver();
      }
    }
    EXPECT_EQ(ball.hits, kTrips);
  };
  std::atomic<bool> stopping{false};
  std::thread owner([&] {
    while (!stopping) {
      uint64_t count = 0;
      EXPECT_EQ(::read(receiver_waker.fd(), &count, sizeof count), 8);
      receiver.deliver();
    }
  });
  std::vector<std::thread> senders;
  for (int i = 0; i < kSenders; ++i) senders.emplace_back(sender);
  for (std::thread& thread : senders) thread.join();
  stopping = true;
  receiver_waker.wake();
  owner.join();
}

TEST(MailboxDeathTest, MisuseAborts) {
  EXPECT_DEATH(
      {
        Waker waker;
        Mailbox mailbox(waker);
        Note note;
        mailbox.post(note, Note::record);
        mailbox.post(note, Note::record);
      },
      "posted_");
  EXPECT_DEATH(
      {
        Waker waker;
        Note note;
        Mailbox mailbox(waker);
        mailbox.post(note, Note::record);
      },
      "head_");
}

}  // namespace
}  // namespace fanlight
