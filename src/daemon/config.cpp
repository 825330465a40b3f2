#include "daemon/config.h"

#include <pwd.h>
#include <toml++/toml.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <vector>

#include "daemon/settings.h"
#include "io/failure.h"

namespace sluice::daemon {
namespace {

constexpr std::size_t size_max = 1'048'576;  // bytes

[[noreturn]] void refuse(const std::string& path, const toml::source_region& where, const std::string& why) {
  io::fail(Code::conf_syntax,
           path + ":" + std::to_string(where.begin.line) + ":" + std::to_string(where.begin.column) + ": " + why,
           ErrorDomain::conf);
}

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw io::Failure(system_failure("cannot open '" + path + "'", errno));
  std::string text(size_max + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) throw io::Failure(system_failure("cannot read '" + path + "'", errno));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > size_max) io::fail(Code::conf_syntax, path + ": it is larger than a mebibyte", ErrorDomain::conf);
  return text;
}

// What cannot be looked at counts as there, and so does a link that leads nowhere: a daemon must not start without the
// rules that somebody has written.
bool is_there(const std::string& path) {
  std::error_code error;
  return std::filesystem::symlink_status(path, error).type() != std::filesystem::file_type::not_found;
}

std::vector<std::string> files_in(const std::string& directory) {
  std::vector<std::string> files;
  if (!is_there(directory)) return files;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().extension() == ".toml") files.push_back(entry->path());
  }
  if (error) throw io::Failure(system_failure("cannot list '" + directory + "'", error.value()));
  std::ranges::sort(files);
  return files;
}

// One file, as it is walked through.
struct Walk {
  const std::string& path;
  Options& options;

  void enter(const toml::table& table, const std::string& prefix) {
    for (const auto& [name, node] : table) {
      const std::string key = prefix + std::string(name.str());
      const bool group = std::ranges::any_of(
          settings(), [&](const Setting& setting) { return std::string_view(setting.key).starts_with(key + "."); });
      if (group) {
        const toml::table* const inner = node.as_table();
        if (inner == nullptr) refuse(path, name.source(), "'" + key + "' is a table: [" + key + "]");
        enter(*inner, key + ".");
      } else if (key == "rule") {
        set_rules(node);
      } else {
        set(key, name.source(), node);
      }
    }
  }

  // Those of a later file stand behind those of an earlier one.
  void set_rules(const toml::node& node) {
    const toml::array* const all = node.as_array();
    if (all == nullptr || !all->is_array_of_tables()) refuse(path, node.source(), "rules are tables: [[rule]]");
    for (const toml::node& one : *all) options.rules.push_back(rule(*one.as_table()));
  }

  Rule rule(const toml::table& table) {
    Rule made;
    for (const auto& [name, node] : table) {
      const std::string key(name.str());
      if (key == "role") {
        made.role = role(node);
      } else if (key == "users") {
        made.users = strings(node, "rule.users");
      } else if (key == "certificates") {
        made.certificates = strings(node, "rule.certificates");
      } else if (key == "local") {
        for (const toml::node& user : array(node, "rule.local")) made.local.push_back(local_user(user));
      } else {
        refuse(path, name.source(), "a rule has no '" + key + "', only role, users, certificates and local");
      }
    }
    if (!table.contains("role")) refuse(path, table.source(), "a rule has a role");
    if (made.users.empty() && made.certificates.empty() && made.local.empty()) {
      refuse(path, table.source(), "the rule is for nobody: it has neither users nor certificates nor local");
    }
    return made;
  }

  remote::Role role(const toml::node& node) {
    using enum remote::Role;
    const std::string word = node.is_string() ? node.as_string()->get() : "";
    if (word == "none") return none;
    if (word == "monitor") return monitor;
    if (word == "operate") return operate;
    if (word == "admin") return admin;
    refuse(path, node.source(), "rule.role: it is none of \"none\", \"monitor\", \"operate\", \"admin\"");
  }

  // By name or by number; as a number, which is what the kernel knows.
  std::string local_user(const toml::node& node) {
    if (node.is_integer()) return std::to_string(node.as_integer()->get());
    if (!node.is_string()) refuse(path, node.source(), "rule.local: that is no user's name in quotes, and no number");
    const std::string& name = node.as_string()->get();
    if (name == "*") return name;
    const passwd* const found = ::getpwnam(name.c_str());
    if (found == nullptr) refuse(path, node.source(), "rule.local: there is no user '" + name + "' on this machine");
    return std::to_string(found->pw_uid);
  }

  void set(const std::string& key, const toml::source_region& where, const toml::node& node) {
    const auto setting = std::ranges::find(settings(), key, [](const Setting& s) { return std::string(s.key); });
    if (setting == settings().end()) refuse(path, where, "there is no setting '" + key + "'");
    const std::vector<std::string> values = values_of(*setting, node);
    std::exception_ptr failed;
    try {
      setting->set(options, values);
    } catch (...) {
      failed = std::current_exception();
    }
    if (failed) refuse(path, node.source(), key + ": " + io::reason(failed).message);
  }

  std::vector<std::string> values_of(const Setting& setting, const toml::node& node) {
    const auto wrong = [&](const toml::node& which, const char* wanted) {
      refuse(path, which.source(), std::string(setting.key) + ": that is no " + wanted);
    };
    switch (setting.kind) {
      case Setting::Kind::text:
        if (!node.is_string()) wrong(node, "string in quotes");
        return {node.as_string()->get()};
      case Setting::Kind::number:
        if (!node.is_integer()) wrong(node, "whole number");
        return {std::to_string(node.as_integer()->get())};
      case Setting::Kind::list: break;
    }
    return strings(node, setting.key);
  }

  const toml::array& array(const toml::node& node, const std::string& key) {
    if (!node.is_array()) refuse(path, node.source(), key + ": that is no list in brackets");
    return *node.as_array();
  }

  std::vector<std::string> strings(const toml::node& node, const std::string& key) {
    std::vector<std::string> values;
    for (const toml::node& item : array(node, key)) {
      if (!item.is_string()) refuse(path, item.source(), key + ": that is no string in quotes");
      values.push_back(item.as_string()->get());
    }
    return values;
  }
};

}  // namespace

void read_config(const std::string& path, Needed needed, Options& options) {
  if (needed == Needed::yes || is_there(path)) parse_config(content(path), path, options);
  for (const std::string& file : files_in(path + ".d")) parse_config(content(file), file, options);
}

void parse_config(std::string_view text, const std::string& path, Options& options) {
  toml::table table;
  try {
    table = toml::parse(text, path);
  } catch (const toml::parse_error& e) {
    refuse(path, e.source(), std::string(e.description()));
  }
  Walk{.path = path, .options = options}.enter(table, "");
}

}  // namespace sluice::daemon
