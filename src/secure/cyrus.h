#pragma once
// A conversation of cyrus-sasl with an owner, and what the library complained about meanwhile.

#include <sasl/sasl.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "secure/sasl.h"

namespace sluice::secure {

inline constexpr const char* sasl_service = "libvirt";  // what libvirt's clients, and Kerberos' principals, call it
inline constexpr unsigned sasl_message_most = 65'536;   // bytes of a security layer's messages

struct DisposesOfSasl {
  void operator()(sasl_conn_t* conversation) const { sasl_dispose(&conversation); }
};
using OwnedSasl = std::unique_ptr<sasl_conn_t, DisposesOfSasl>;

// Cyrus' callbacks are told apart by their numbers and share one type of function.
template <class Function>
sasl_callback_t sasl_callback(unsigned long id, Function* function, void* context) {
  return {.id = id, .proc = reinterpret_cast<int (*)()>(reinterpret_cast<void (*)()>(function)), .context = context};
}

// What cyrus writes to its log belongs to the conversation: it says more than the error that comes of it. Its lower
// levels tell passwords, and are not listened to.
class SaslComplaints {
 public:
  sasl_callback_t callback() { return sasl_callback(SASL_CB_LOG, &SaslComplaints::hear, this); }
  std::string take() { return std::exchange(text_, {}); }

 private:
  static int hear(void* context, int level, const char* message) {
    constexpr std::size_t most = 1'024;
    auto& text = static_cast<SaslComplaints*>(context)->text_;
    if (level < SASL_LOG_ERR || level > SASL_LOG_WARN || message == nullptr || text.size() >= most) return SASL_OK;
    if (!text.empty()) text += "; ";
    text += std::string_view(message).substr(0, most);
    return SASL_OK;
  }
  std::string text_;
};

// What cyrus says of the failure, after the sentence of its number.
inline Error sasl_error(std::string_view tried, int failed, sasl_conn_t* conversation, SaslComplaints& complaints) {
  std::string why = sasl_errstring(failed, nullptr, nullptr);
  if (conversation != nullptr) {
    const std::string_view detail = sasl_errdetail(conversation);
    if (!detail.empty()) why += " (" + std::string(detail) + ")";
  }
  if (const std::string heard = complaints.take(); !heard.empty()) why += ": " + heard;
  return Error{.code = Code::auth_failed, .message = std::string(tried) + ": " + why, .domain = ErrorDomain::auth};
}

// The strength below counts as encryption; nothing that would be readable without it is said where it is 0.
inline int set_up_sasl(sasl_conn_t* conversation, int strength) {
  sasl_ssf_t below = static_cast<sasl_ssf_t>(std::max(strength, 0));
  if (const int failed = sasl_setprop(conversation, SASL_SSF_EXTERNAL, &below); failed != SASL_OK) return failed;
  sasl_security_properties_t properties{};
  properties.maxbufsize = sasl_message_most;
  properties.security_flags = SASL_SEC_NOPLAINTEXT | SASL_SEC_NOANONYMOUS;
  return sasl_setprop(conversation, SASL_SEC_PROPS, &properties);
}

inline SaslData sasl_data(const char* data, unsigned size) {
  if (data == nullptr) return std::nullopt;
  const Bytes bytes = as_bytes({data, size});
  return Buffer(bytes.begin(), bytes.end());
}

inline std::string listed(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out.empty() ? "nothing" : out;
}

// Cyrus takes null for none; empty data must not be null.
struct SaslInput {
  explicit SaslInput(const SaslData& data)
      : at(data ? (data->empty() ? "" : reinterpret_cast<const char*>(data->data())) : nullptr),
        size(data ? static_cast<unsigned>(data->size()) : 0) {}
  const char* at;
  unsigned size;
};

}  // namespace sluice::secure
