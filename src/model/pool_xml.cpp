#include "model/pool.h"

#include <ranges>

#include "model/describe_storage.h"
#include "model/document.h"

namespace sluice::model {
namespace {

constexpr std::string_view kind = "storage pool";

void read_type(pugi::xml_node pool, Complaints& complaints) {
  const pugi::xml_attribute type = pool.attribute("type");
  if (type.empty()) return complaints.wrong("a type is missing");
  if (std::string_view(type.value()) != "dir") {
    complaints.unsupported("type '" + shown(type.value()) +
                           "' is not supported: only 'dir' is, a directory of this host");
  }
}

void read_uuid(Form& pool, PoolSpec& spec) {
  std::string text;
  pool.content_of("uuid", text);
  if (text.empty()) return;
  const auto uuid = Uuid::parse(text);
  if (!uuid) return pool.complaints().wrong("'" + shown(text) + "' is not a uuid");
  if (uuid->is_nil()) return pool.complaints().wrong("the uuid is all zero");
  spec.uuid = *uuid;
  spec.has_uuid = true;
}

// One directory has one spelling, or two pools could have the same one unnoticed. What ".." leads to depends on
// symbolic links and cannot be told from the text.
std::string one_spelling(std::string_view path, Complaints& complaints) {
  std::string out;
  for (const auto part : std::views::split(path, '/')) {
    const std::string_view step(part);
    if (step == "..") complaints.wrong("target path '" + shown(path) + "' may not contain '..'");
    if (!step.empty() && step != ".") out.append("/").append(step);
  }
  return out.empty() ? "/" : out;
}

void read_path(Form& target, PoolSpec& spec) {
  std::string path;
  target.content_of("path", path, /*trimmed=*/false);
  if (path.empty()) return target.complaints().wrong("a target path is missing");
  check_storage_path("target path", path, target.complaints());
  spec.path = one_spelling(path, target.complaints());
}

}  // namespace

Result<PoolSpec> parse_pool(std::string_view xml) {
  auto document = load_document(xml);
  if (!document) return std::unexpected(document.error());
  const pugi::xml_node root = (*document)->document_element();
  if (std::string_view(root.name()) != "pool") {
    return fault(Code::xml_error, "<" + shown(root.name()) + "> is not a <pool>", ErrorDomain::storage);
  }
  PoolSpec spec;
  Complaints complaints(ErrorDomain::storage);
  Form pool = Form::reading(root, complaints);
  pool.content_of("name", spec.name, /*trimmed=*/false);
  if (auto sound = check_storage_name(kind, spec.name); !sound) return std::unexpected(sound.error());
  refuse_repetition(root, {"name", "uuid", "target"}, complaints);
  read_type(root, complaints);
  read_uuid(pool, spec);
  Form target = Form::reading(root.child("target"), complaints);
  refuse_repetition(target.node(), {"path", "permissions"}, complaints);
  read_path(target, spec);
  describe_permissions(target, spec.permissions);
  if (complaints.first()) return std::unexpected(complaints.first()->while_doing(called(kind, spec.name)));
  return spec;
}

std::string print_pool(const PoolSpec& spec, const std::optional<PoolFigures>& figures) {
  PoolSpec facts = spec;
  pugi::xml_document document;
  pugi::xml_node root = document.append_child("pool");
  root.append_attribute("type").set_value("dir");
  Form pool = Form::writing(root);
  pool.content_of("name", facts.name, /*trimmed=*/false);
  std::string uuid = spec.uuid.is_nil() ? std::string{} : spec.uuid.text();
  pool.content_of("uuid", uuid);
  if (figures) {
    std::optional<std::uint64_t> capacity = figures->capacity, allocation = figures->allocation,
                                 available = figures->available;
    describe_bytes(pool, "capacity", capacity);
    describe_bytes(pool, "allocation", allocation);
    describe_bytes(pool, "available", available);
  }
  root.append_child("source");  // empty for a directory; clients look for it
  Form target = pool.child("target");
  target.content_of("path", facts.path, /*trimmed=*/false);
  describe_permissions(target, facts.permissions);
  return print_document(document);
}

}  // namespace sluice::model
