// SPDX-License-Identifier: Apache-2.0
// The file of users: a mistake in a stated line, or users who are found, each with the rights that
// a second reader finds in the text, and who are the same when they are written again in another
// order. libcrypt takes every hash that is accepted, and what it then makes is accepted too.
#include <crypt.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/check.h"
#include "core/to_number.h"
#include "http/auth/basic_credentials.h"
#include "http/auth/password_hasher.h"
#include "http/auth/rights.h"
#include "http/auth/user_table.h"
#include "tests/fuzz/file_mistake.h"
#include "tests/fuzz/fuzz_target.h"

namespace fanlight {
namespace {

constexpr std::array kRights = {
    std::pair{std::string_view("watch"), Right::watch},
    std::pair{std::string_view("snapshot"), Right::snapshot},
    std::pair{std::string_view("state"), Right::state},
    std::pair{std::string_view("control"), Right::control},
};

// More than rights can be on.
const std::vector<std::string>& cameras() {
  static const std::vector<std::string> kCameras = [] {
    std::vector<std::string> names = {"front", "yard", "a-1"};
    for (size_t i = 0; i <= Rights::kCamerasMax; ++i) names.push_back(std::to_string(i));
    return names;
  }();
  return kCameras;
}

// ---- rights ----

// What a text says, read otherwise.
struct RightsModel {
  RightSet on_all = 0;
  std::map<size_t, RightSet> on{};  // by camera

  bool may(Right right, size_t camera) const {
    const auto found = on.find(camera);
    const int here = on_all | (found == on.end() ? 0 : found->second);
    return (here & static_cast<int>(right)) != 0;
  }
};

bool add_item(std::string_view item, RightsModel& model) {
  const std::vector<std::string_view> halves = split(item, '@');
  const auto* const named = std::find_if(kRights.begin(), kRights.end(),
                                         [&](const auto& each) { return each.first == halves[0]; });
  if (named == kRights.end() || halves.size() > 2) return false;
  const auto right = static_cast<RightSet>(named->second);
  if (halves.size() == 1) model.on_all |= right;
  if (halves.size() == 1) return true;
  for (const std::string_view name : split(halves[1], '+')) {
    const auto camera = std::find(cameras().begin(), cameras().end(), name);
    if (camera == cameras().end()) return false;
    model.on[static_cast<size_t>(camera - cameras().begin())] |= right;
  }
  return model.on.size() <= Rights::kCamerasMax;
}

std::optional<RightsModel> model_of(std::string_view text) {
  RightsModel model;
  if (text == "none") return model;
  for (const std::string_view item : split(text, ',')) {
    if (!add_item(item, model)) return {};
  }
  return model;
}

void check_same(const Rights& rights, const RightsModel& model) {
  for (const auto& [name, right] : kRights) {
    CHECK(rights.may_on_all(right) == ((model.on_all & static_cast<int>(right)) != 0));
    for (size_t camera = 0; camera <= cameras().size(); ++camera) {
      CHECK(rights.may(right, camera) == model.may(right, camera));
    }
  }
}

std::string write(const Rights& rights) {
  std::string text;
  for (const auto& [name, right] : kRights) {
    std::string some;
    for (size_t camera = 0; camera < cameras().size() && !rights.may_on_all(right); ++camera) {
      if (!rights.may(right, camera)) continue;
      some += (some.empty() ? "@" : "+") + cameras()[camera];
    }
    if (some.empty() && !rights.may_on_all(right)) continue;
    text += (text.empty() ? "" : ",") + std::string(name) + some;
  }
  return text.empty() ? "none" : text;
}

void check_rights(std::string_view text) {
  Rights rights;
  const std::string_view problem = parse_rights(text, cameras(), rights);
  const std::optional<RightsModel> model = model_of(text);
  CHECK(problem.empty() == model.has_value());
  if (!model) return check_words(problem, text);
  check_same(rights, *model);
  Rights again;
  const std::string written = write(rights);
  CHECK(parse_rights(written, cameras(), again).empty());
  CHECK(write(again) == written);
}

// ---- hashes ----

// The same with the least cost, so that libcrypt computes it at once; empty if that would change
// what is examined.
std::string at_least_cost(std::string_view hash) {
  constexpr std::string_view kRounds = "$6$rounds=";
  constexpr uint32_t kFewRounds = 5000;
  std::string cheap(hash);
  if (hash.starts_with("$y$")) return cheap.replace(4, 2, "75");
  if (hash.starts_with("$2")) return cheap.replace(4, 2, "04");
  if (!hash.starts_with(kRounds)) return cheap;
  const std::string_view rounds = split(hash, '$')[2].substr(kRounds.size() - 3);
  return to_number<uint32_t>(rounds).value_or(0) <= kFewRounds ? cheap : "";
}

void check_with_libcrypt(const std::string& hash) {
  static const auto kState = std::make_unique<crypt_data>();
  static const char* const kPassword = "secret";
  const char* const made = ::crypt_r(kPassword, hash.c_str(), kState.get());
  CHECK(made != nullptr && *made != '*');
  CHECK(why_not_a_hash(made).empty());
  PasswordHasher hasher;
  CHECK(hasher.verify(kPassword, made) == true);
  CHECK(hasher.verify("other", made) == false);
}

// Returns whether it is one.
bool check_hash(std::string_view hash) {
  const std::string_view why_not = why_not_a_hash(hash);
  if (!why_not.empty()) {
    check_words(why_not, hash);
    return false;
  }
  constexpr std::array<std::string_view, 5> kKinds = {"$y$", "$2a$", "$2b$", "$2y$", "$6$"};
  CHECK(std::any_of(kKinds.begin(), kKinds.end(),
                    [&](std::string_view kind) { return hash.starts_with(kind); }));
  CHECK(hash.size() <= UserTable::kHashBytesMax);
  if (const std::string cheap = at_least_cost(hash); !cheap.empty()) check_with_libcrypt(cheap);
  return true;
}

// ---- the file ----

struct Line {
  std::string hash;
  std::optional<std::string> rights{};
};
using Lines = std::map<std::string, Line>;  // by the user's name

// Of a file without a mistake.
Lines users_in(std::string_view text) {
  Lines users;
  for (std::string_view line : lines_of(text)) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line[0] == '#') continue;
    const std::vector<std::string_view> fields = split(line, ':');
    CHECK(fields.size() == 2 || fields.size() == 3);
    Line user{std::string(fields[1])};
    if (fields.size() == 3) user.rights = fields[2];
    CHECK(users.emplace(fields[0], std::move(user)).second);
  }
  return users;
}

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= kUserBytesMax &&
         std::none_of(name.begin(), name.end(), [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == ':';
         });
}

void check_table(const UserTable& table, const Lines& users) {
  CHECK(table.size() == users.size() && table.size() <= UserTable::kUsersMax);
  CHECK(table.stand_in() == (users.empty() ? "" : users.begin()->second.hash));
  CHECK(table.find("") == nullptr);
  for (const auto& [name, line] : users) {
    const UserTable::User* const user = table.find(name);
    CHECK(user != nullptr && user->name == name && user->hash == line.hash && is_name(name));
    const auto model = line.rights ? model_of(*line.rights) : RightsModel{.on_all = kUsualRights};
    CHECK(model.has_value());
    check_same(user->rights, *model);
    for (const std::string& other : {name + "a", name.substr(1), name.substr(0, name.size() - 1)}) {
      CHECK((table.find(other) != nullptr) == users.contains(other));
    }
  }
}

void check_written_again(const UserTable& table, const Lines& users) {
  std::string text;
  for (auto user = users.rbegin(); user != users.rend(); ++user) {
    const std::string& name = user->first;
    text += name + ":" + user->second.hash + ":" + write(table.find(name)->rights) + "\r\n";
  }
  UserTable again;
  CHECK(!again.parse(text, cameras()));
  CHECK(again.size() == table.size());
  for (const auto& [name, line] : users) {
    CHECK(again.find(name)->hash == line.hash);
    CHECK(write(again.find(name)->rights) == write(table.find(name)->rights));
  }
}

std::optional<FileMistake> parse_alone(std::string_view text) {
  UserTable table;
  return table.parse(text, cameras());
}

void check_file(std::string_view text) {
  static const std::string kOld =
      "old:$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW";
  UserTable table;
  CHECK(!table.parse(kOld, cameras()));
  if (const std::optional<FileMistake> mistake = table.parse(text, cameras())) {
    check_mistake(*mistake, text, parse_alone);
    CHECK(!parse_alone(up_to_line(text, mistake->line - 1)));
    CHECK(table.size() == 1 && table.find("old") != nullptr);
    return;
  }
  const Lines users = users_in(text);
  check_table(table, users);
  check_written_again(table, users);
}

}  // namespace

void fuzz(std::string_view text) {
  check_file(text);
  // libcrypt takes its time.
  constexpr size_t kHashesMax = 2;
  size_t hashes = 0;
  for (const std::string_view line : lines_of(text)) {
    for (const std::string_view field : split(line, ':')) {
      check_rights(field);
      if (hashes < kHashesMax && check_hash(field)) ++hashes;
    }
  }
}

}  // namespace fanlight
