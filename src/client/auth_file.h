#pragma once
// Names and passwords for daemons that ask for them, in files of libvirt's form:
//
//   [credentials-ops]                 [auth-libvirt-node1.example]          (or -default: for all hosts not named)
//   authname=alice                    credentials=ops
//   password=secret
//
//   const AuthFile file = AuthFile::read("/home/alice/auth.conf");       // a Failure says what is wrong with it
//   file.user("node1.example"), file.password("node1.example")
//
// Reads a file: call it where a thread may wait.

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sluice::client {

class AuthFile {
 public:
  static AuthFile read(const std::string& path);
  static AuthFile parse(const std::string& text, const std::string& path);

  std::optional<std::string> user(const std::string& host) const;
  std::optional<std::string> password(const std::string& host) const;

 private:
  using Section = std::map<std::string, std::string>;
  const std::string* find(const std::string& host, const std::string& key) const;

  std::map<std::string, Section> sections_;
};

struct AuthPlaces {
  std::string named;        // by $LIBVIRT_AUTH_FILE; must be there if it is not empty
  std::string config_home;  // $XDG_CONFIG_HOME, or ~/.config; empty: none
};
AuthPlaces auth_places();

// The file to look into: the URI's, or $LIBVIRT_AUTH_FILE, or the user's or the system's libvirt/auth.conf, if there is
// one.
std::optional<std::string> auth_file(const std::optional<std::string>& of_uri, const AuthPlaces& places);

}  // namespace sluice::client
