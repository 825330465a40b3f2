#pragma once
// Rules say what a client may do, by who he has shown to be: a role for names of SASL users, of certificates, or of
// local users. The first that fits counts.
//
//   const Rules rules({{.users = {"*@OPS.EXAMPLE"}, .role = Role::admin}, {.certificates = {"*"}, .role =
//   Role::monitor}}); rules.role_of(identity, Role::admin);
//
// Names of a kind of which no rule speaks have what their door gives; of one of which some do, who fits none may do
// nothing. Nobody gets more than his door gives.

#include <string>
#include <vector>

#include "io/transport.h"
#include "remote/proc.h"

namespace sluice::daemon {

// In patterns `*` stands for anything and `?` for one letter.
struct Rule {
  std::vector<std::string> users;         // of SASL
  std::vector<std::string> certificates;  // distinguished names, of who has not logged in
  std::vector<std::string> local;         // user ids, as text, of who has neither
  remote::Role role = remote::Role::none;
  bool operator==(const Rule&) const = default;
};

class Rules {
 public:
  explicit Rules(std::vector<Rule> rules) : rules_(std::move(rules)) {}
  remote::Role role_of(const io::Identity& who, remote::Role at_door) const;

 private:
  std::vector<Rule> rules_;
};

}  // namespace sluice::daemon
