#include "qmp/answers.h"

#include <array>

#include "qmp/message.h"

namespace sluice::qmp {
namespace {

// Reads members of one object; the first one that is missing or of a wrong type becomes the error.
class Members {
 public:
  Members(const json::value& value, std::string_view what) : Members(value.if_object(), what) {}
  Members(const json::object* object, std::string_view what) : object_(object), what_(what) {
    if (object == nullptr) complain("is not an object");
  }

  std::string text(std::string_view key) { return text_or_nothing(key, required(key)); }
  std::string text_if_any(std::string_view key) { return text_or_nothing(key, member(key)); }
  bool flag(std::string_view key) { return flag_or_nothing(key, required(key)); }
  bool flag_if_any(std::string_view key) { return flag_or_nothing(key, member(key)); }
  std::uint64_t number_if_any(std::string_view key) {
    const json::value* value = member(key);
    if (value == nullptr) return 0;
    if (value->is_uint64()) return value->get_uint64();
    if (value->is_int64() && value->get_int64() >= 0) return static_cast<std::uint64_t>(value->get_int64());
    complain("has a '" + std::string(key) + "' that is not a number");
    return 0;
  }
  const json::object* object_if_any(std::string_view key) {
    const json::value* value = member(key);
    if (value != nullptr && !value->is_object()) complain("has a '" + std::string(key) + "' that is not an object");
    return value != nullptr ? value->if_object() : nullptr;
  }

  template <class T>
  Result<T> result(T value) const {
    if (error_.empty()) return value;
    return fault(Code::internal_error, error_, ErrorDomain::qemu);
  }

 private:
  const json::value* member(std::string_view key) const {
    return object_ != nullptr ? object_->if_contains(key) : nullptr;
  }
  const json::value* required(std::string_view key) {
    const json::value* value = member(key);
    if (value == nullptr) complain("has no '" + std::string(key) + "'");
    return value;
  }
  std::string text_or_nothing(std::string_view key, const json::value* value) {
    if (value == nullptr) return {};
    if (value->is_string()) return std::string(value->get_string());
    complain("has a '" + std::string(key) + "' that is not a text");
    return {};
  }
  bool flag_or_nothing(std::string_view key, const json::value* value) {
    if (value == nullptr) return false;
    if (value->is_bool()) return value->get_bool();
    complain("has a '" + std::string(key) + "' that is neither true nor false");
    return false;
  }
  void complain(std::string_view why) {
    if (error_.empty()) error_ = "the monitor's " + std::string(what_) + " " + std::string(why);
  }

  const json::object* object_;
  std::string_view what_;
  std::string error_;
};

template <class T, class ReadOne>
Result<std::vector<T>> read_list(const json::value& answer, std::string_view what, ReadOne read_one) {
  const json::array* list = answer.if_array();
  if (list == nullptr) {
    return fault(Code::internal_error, "the monitor's " + std::string(what) + " is not a list", ErrorDomain::qemu);
  }
  std::vector<T> out;
  for (const json::value& each : *list) {
    Members members(each, what);
    T read = read_one(members);
    auto one = members.result(std::move(read));
    if (!one) return std::unexpected(one.error());
    out.push_back(std::move(*one));
  }
  return out;
}

constexpr std::array<std::string_view, 9> statuses{"none",      "setup",  "active",     "pre-switchover", "device",
                                                   "completed", "failed", "cancelling", "cancelled"};

}  // namespace

Result<Status> read_status(const json::value& answer) {
  Members members(answer, "query-status");
  Status status{.status = members.text("status"), .running = members.flag("running")};
  return members.result(std::move(status));
}

MigrationStatus migration_status(std::string_view text) {
  for (std::size_t i = 0; i < statuses.size(); ++i) {
    if (statuses[i] == text) return static_cast<MigrationStatus>(i);
  }
  return MigrationStatus::other;
}

Result<Migration> read_migration(const json::value& answer) {
  Members members(answer, "query-migrate");
  // Before the first migration the answer is an empty object.
  const std::string status = members.text_if_any("status");
  Migration migration{.status = status.empty() ? MigrationStatus::none : migration_status(status),
                      .total_time_ms = members.number_if_any("total-time"),
                      .error = quotable(members.text_if_any("error-desc"))};
  if (const json::object* ram = members.object_if_any("ram")) {
    Members memory(ram, "query-migrate");
    migration.ram_total = memory.number_if_any("total");
    migration.ram_transferred = memory.number_if_any("transferred");
    migration.ram_remaining = memory.number_if_any("remaining");
    if (auto whole = memory.result(0); !whole) return std::unexpected(whole.error());
  }
  return members.result(std::move(migration));
}

Result<std::vector<CharacterDevice>> read_character_devices(const json::value& answer) {
  return read_list<CharacterDevice>(answer, "query-chardev", [](Members& members) {
    return CharacterDevice{.label = members.text("label"),
                           .filename = members.text("filename"),
                           .frontend_open = members.flag_if_any("frontend-open")};
  });
}

std::optional<std::string> pty_path(const CharacterDevice& device) {
  constexpr std::string_view prefix = "pty:";
  if (!device.filename.starts_with(prefix)) return std::nullopt;
  std::string path = device.filename.substr(prefix.size());
  if (!path.starts_with("/dev/pts/") || path.find("..") != std::string::npos) return std::nullopt;
  return path;
}

Result<std::vector<MachineType>> read_machine_types(const json::value& answer) {
  return read_list<MachineType>(answer, "query-machines", [](Members& members) {
    return MachineType{.name = members.text("name"),
                       .alias = members.text_if_any("alias"),
                       .is_default = members.flag_if_any("is-default"),
                       .cpus_max = static_cast<std::uint32_t>(members.number_if_any("cpu-max"))};
  });
}

Result<Kvm> read_kvm(const json::value& answer) {
  Members members(answer, "query-kvm");
  const Kvm kvm{.present = members.flag("present"), .enabled = members.flag("enabled")};
  return members.result(kvm);
}

Result<MigrationStatus> read_migration_event(const json::object& data) {
  Members members(&data, "event MIGRATION");
  const MigrationStatus status = migration_status(members.text("status"));
  return members.result(status);
}

Result<Shutdown> read_shutdown_event(const json::object& data) {
  Members members(&data, "event SHUTDOWN");
  Shutdown shutdown{.guest = members.flag("guest"), .reason = members.text_if_any("reason")};
  return members.result(std::move(shutdown));
}

}  // namespace sluice::qmp
