#include "qemu/vnc_ports.h"

#include <charconv>
#include <string>

namespace sluice::qemu {
namespace {

namespace json = boost::json;

const json::string* text_in(const json::object& object, const char* key) {
  const json::value* value = object.if_contains(key);
  return value == nullptr ? nullptr : value->if_string();
}

}  // namespace

Result<std::vector<std::int32_t>> read_vnc_ports(const json::value& answer, std::size_t screens) {
  const json::array* const list = answer.if_array();
  if (list == nullptr)
    return fault(Code::internal_error, "QEMU's answer about its screens is not a list", ErrorDomain::qemu);
  std::vector<std::int32_t> ports(screens, -1);
  for (const json::value& each : *list) {
    const json::object* const screen = each.if_object();
    const json::string* const id = screen != nullptr ? text_in(*screen, "id") : nullptr;
    const json::value* const servers = screen != nullptr ? screen->if_contains("server") : nullptr;
    if (id == nullptr || servers == nullptr || !servers->is_array() || servers->get_array().empty()) continue;
    const json::object* const first = servers->get_array().front().if_object();
    const json::string* const service = first != nullptr ? text_in(*first, "service") : nullptr;
    if (service == nullptr) continue;
    std::int32_t port = -1;
    const auto [end, error] = std::from_chars(service->data(), service->data() + service->size(), port);
    if (error != std::errc() || end != service->data() + service->size() || port < 1 || port > 65535) continue;
    for (std::size_t i = 0; i < screens; ++i) {
      if (*id == "vnc" + std::to_string(i)) ports[i] = port;
    }
  }
  return ports;
}

}  // namespace sluice::qemu
