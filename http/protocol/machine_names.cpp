// SPDX-License-Identifier: Apache-2.0
#include "http/protocol/machine_names.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>

#include "core/ascii.h"
#include "http/protocol/allowed_hosts.h"

namespace fanlight {
namespace {

// The next line of a configuration file in words, up to a comment.
bool read_words(std::istream& file, std::vector<std::string>& words) {
  words.clear();
  std::string line;
  if (!std::getline(file, line)) return false;
  std::istringstream text(line.substr(0, line.find_first_of("#;")));
  for (std::string word; text >> word;) words.push_back(word);
  return true;
}

// Whether `name` is `hostname`, or begins with it and a dot.
bool is_of(std::string_view name, std::string_view hostname) {
  return starts_with_ignoring_case(name, hostname) && name.size() >= hostname.size() &&
         (name.size() == hostname.size() || name[hostname.size()] == '.');
}

}  // namespace

std::vector<std::string> names_of_machine(std::string_view hostname, std::istream& hosts,
                                          std::istream& resolver) {
  std::vector<std::string> names{std::string(hostname)};
  const std::string label(hostname.substr(0, hostname.find('.')));
  std::vector<std::string> words;
  while (!label.empty() && read_words(hosts, words)) {
    if (words.size() < 2) continue;  // the first one is the address
    const bool is_ours = std::any_of(words.begin() + 1, words.end(),
                                     [&](const std::string& name) { return is_of(name, label); });
    if (is_ours) names.insert(names.end(), words.begin() + 1, words.end());
  }
  while (!label.empty() && read_words(resolver, words)) {
    if (words.empty() || (words[0] != "search" && words[0] != "domain")) continue;
    for (size_t i = 1; i < words.size(); ++i) names.push_back(label + "." + words[i]);
  }
  std::erase_if(names, [](const std::string& name) { return !is_host_name(name); });
  return names;
}

std::vector<std::string> machine_names() {
  std::array<char, 256> hostname{};  // HOST_NAME_MAX is 64
  if (::gethostname(hostname.data(), hostname.size() - 1) != 0) return {};
  std::ifstream hosts("/etc/hosts"), resolver("/etc/resolv.conf");
  return names_of_machine(hostname.data(), hosts, resolver);
}

}  // namespace fanlight
