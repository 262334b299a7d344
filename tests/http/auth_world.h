// SPDX-License-Identifier: Apache-2.0
// AuthWorld: a shard in the simulation that asks for passwords; the test is the thread that
// verifies them.
#pragma once

#include <string>
#include <utility>

#include "http/auth/auth.h"
#include "http/auth/password_hasher.h"
#include "tests/http/auth/hashes.h"
#include "tests/http/calm_world.h"
#include "tests/http/raw_client.h"

namespace fanlight {

inline const std::string kLinkKey = "0123456789abcdef0123456789abcdef";
inline const std::string kOlderKey = "fedcba9876543210fedcba9876543210";

inline const PeerAddress kFarAway = parse_address("192.0.2.7").value();

// base64 of "USER:secret" and so on.
inline const std::string kAnna = "Authorization: Basic YW5uYTpzZWNyZXQ=\r\n";     // anna:secret
inline const std::string kBob = "Authorization: Basic Ym9iOnNlY3JldA==\r\n";      // bob:secret
inline const std::string kMonitor = "Authorization: Basic bW9uOnNlY3JldA==\r\n";  // mon:secret
inline const std::string kNobody = "Authorization: Basic bm86c2VjcmV0\r\n";       // no:secret
inline const std::string kWrong = "Authorization: Basic YW5uYTp3cm9uZw==\r\n";    // anna:wrong
inline const std::string kUnknown = "Authorization: Basic ZXZlOnNlY3JldA==\r\n";  // eve:secret

struct AuthHolder {
  Auth auth;
  LinkKeys keys;  // that sign
  PasswordHasher hasher;
};

// Two cameras: cam, and cam-1. Owns: the users, the world. Thread: one.
class AuthWorld : public AuthHolder, public ShardWorld {
 public:
  explicit AuthWorld(ServerConfig config = {}, bool has_users = true, bool is_local = false)
      : ShardWorld(calm_world(), with(config, auth), nullptr, 2, is_local) {
    if (has_users) set_users();
    LinkKeys both;
    EXPECT_FALSE(both.parse(kLinkKey + "\n" + kOlderKey));
    auth.set_keys(std::move(both));
    EXPECT_FALSE(keys.parse(kLinkKey));
  }
  ~AuthWorld() { auth.desk().stop(); }

  void set_users() {
    UserTable users;
    EXPECT_FALSE(users.parse("anna:" + kBcrypt + "\nbob:" + kBcrypt +
                                 ":watch@cam-1,control@cam-1\nmon:" + kBcrypt +
                                 ":state\nno:" + kBcrypt + ":none\n",
                             state.names.named()));
    auth.set_users(std::move(users));
  }

  // Verifies what waits; returns how many there were.
  size_t verify() {
    size_t count = 0;
    for (; PasswordCheck* check = auth.desk().take_next(); ++count) auth.carry_out(*check, hasher);
    return count;
  }

  // The answer to a request, whose password is verified as soon as it waits for that.
  ParsedResponse ask(const std::string& request, const PeerAddress& peer = kFarAway) {
    SimLink link;
    link.peer = peer;
    RawClient client(*this, link);
    client.send(request);
    for (int i = 0; i < 10 && !client.answered(); ++i) {
      run_for(10ms);
      verify();
    }
    if (client.responses().empty()) return {};
    ParsedResponse response = client.responses().back();
    client.close();
    run_for(10ms);
    return response;
  }
  int status(const std::string& target, const std::string& fields = {}) {
    return ask(get(target, fields)).status;
  }

  // The query of a link that expires after `seconds`.
  std::string link(int64_t seconds, const std::string& camera = "cam",
                   const std::string& fps = {}) {
    return keys.sign(now_in_seconds() + seconds, camera, fps);
  }
  int64_t now_in_seconds() {
    return std::chrono::floor<std::chrono::seconds>(world.backend().wall_now())
        .time_since_epoch()
        .count();
  }

 private:
  static ServerConfig with(ServerConfig config, Auth& auth) {
    config.auth = &auth;
    return config;
  }
};

}  // namespace fanlight
