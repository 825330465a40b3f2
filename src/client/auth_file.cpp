#include "client/auth_file.h"

#include <boost/property_tree/ini_parser.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "io/failure.h"

namespace sluice::client {
namespace {

constexpr std::size_t size_max = 1'048'576;  // bytes

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  io::fail(Code::conf_syntax, "cannot take passwords from '" + path + "': " + why, ErrorDomain::auth);
}

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

AuthFile AuthFile::read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw io::Failure(system_failure("cannot open '" + path + "'", errno));
  std::string text(size_max + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) throw io::Failure(system_failure("cannot read '" + path + "'", errno));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > size_max) refuse(path, "it is larger than a mebibyte");
  return parse(text, path);
}

AuthFile AuthFile::parse(const std::string& text, const std::string& path) {
  boost::property_tree::ptree tree;
  std::istringstream stream(text);
  try {
    boost::property_tree::read_ini(stream, tree);
  } catch (const boost::property_tree::ini_parser_error& e) {
    refuse(path, "line " + std::to_string(e.line()) + ": " + e.message());
  }
  AuthFile file;
  for (const auto& [name, section] : tree) {
    if (section.empty() && !section.data().empty()) refuse(path, "'" + name + "' stands in no section");
    for (const auto& [key, value] : section) file.sections_[name][key] = value.data();
  }
  for (const auto& [name, section] : file.sections_) {
    if (!name.starts_with("auth-")) continue;
    const auto used = section.find("credentials");
    if (used == section.end()) refuse(path, "[" + name + "] does not say which credentials");
    if (file.sections_.contains("credentials-" + used->second)) continue;
    refuse(path, "[" + name + "] has the credentials '" + used->second + "', but there is no [credentials-" +
                     used->second + "]");
  }
  return file;
}

std::optional<std::string> AuthFile::user(const std::string& host) const {
  const std::string* name = find(host, "authname");
  if (name == nullptr) name = find(host, "username");
  return name == nullptr ? std::nullopt : std::optional(*name);
}

std::optional<std::string> AuthFile::password(const std::string& host) const {
  const std::string* const password = find(host, "password");
  return password == nullptr ? std::nullopt : std::optional(*password);
}

const std::string* AuthFile::find(const std::string& host, const std::string& key) const {
  auto place = sections_.find("auth-libvirt-" + host);
  if (place == sections_.end()) place = sections_.find("auth-libvirt-default");
  if (place == sections_.end()) return nullptr;
  const Section& credentials = sections_.at("credentials-" + place->second.at("credentials"));
  const auto value = credentials.find(key);
  return value == credentials.end() ? nullptr : &value->second;
}

AuthPlaces auth_places() {
  std::string config = variable("XDG_CONFIG_HOME");
  if (const std::string home = variable("HOME"); config.empty() && !home.empty()) config = home + "/.config";
  return {.named = variable("LIBVIRT_AUTH_FILE"), .config_home = std::move(config)};
}

std::optional<std::string> auth_file(const std::optional<std::string>& of_uri, const AuthPlaces& places) {
  if (of_uri) return of_uri;
  if (!places.named.empty()) return places.named;
  std::error_code gone;
  for (const std::string& directory : {places.config_home, std::string("/etc")}) {
    const std::string path = directory + "/libvirt/auth.conf";
    if (!directory.empty() && std::filesystem::exists(path, gone)) return path;
  }
  return std::nullopt;
}

}  // namespace sluice::client
