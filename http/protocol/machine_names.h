// SPDX-License-Identifier: Apache-2.0
// Machine names: the names by which others may reach this machine, as far as it knows them itself.
//
// Only files are read. The resolver is not asked: it may query the network, which may not be there
// yet when a service starts, and would delay the start by its timeouts.
#pragma once

#include <istream>
#include <string>
#include <string_view>
#include <vector>

namespace fanlight {

// The names of the machine `hostname`: the name itself; all names in a line of `hosts` (hosts(5))
// that has it, or has it before a dot; and it with each domain of `resolver` (`search` and `domain`
// of resolv.conf(5)) behind it, which is what routers call the machines that they give addresses
// to. What is not the name of a host is left out. May contain a name twice.
std::vector<std::string> names_of_machine(std::string_view hostname, std::istream& hosts,
                                          std::istream& resolver);

// Those of this machine, now: gethostname(2), /etc/hosts, /etc/resolv.conf.
std::vector<std::string> machine_names();

}  // namespace fanlight
