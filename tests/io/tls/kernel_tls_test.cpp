// SPDX-License-Identifier: Apache-2.0
// That the kernel makes the records which a client expects is tested by tests/vm/tls_test.py.
#include "io/tls/kernel_tls.h"

#include <gtest/gtest.h>
#include <linux/tls.h>
#include <sys/socket.h>

#include <cstring>

namespace fanlight {
namespace {

TEST(KernelTls, FailsWithoutASocket) {
  EXPECT_FALSE(start_kernel_tls(-1, kAes128GcmSha256, {}));
}

TEST(KernelTls, DescribesCloseNotifyAsTheKernelWantsIt) {
  const msghdr& message = close_notify_message();
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  ASSERT_NE(header, nullptr);
  EXPECT_EQ(header->cmsg_level, 282);  // SOL_TLS
  EXPECT_EQ(header->cmsg_type, TLS_SET_RECORD_TYPE);
  EXPECT_EQ(header->cmsg_len, CMSG_LEN(1));
  EXPECT_EQ(*CMSG_DATA(header), 21);  // an alert
  ASSERT_EQ(message.msg_iovlen, 1u);
  EXPECT_EQ(std::memcmp(message.msg_iov[0].iov_base, "\x01\x00", 2), 0);
  EXPECT_EQ(message.msg_iov[0].iov_len, 2u);
}

}  // namespace
}  // namespace fanlight
