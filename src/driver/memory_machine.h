#pragma once
// One machine of a MemoryHost. Everything here lives on the house's strand, but for the bytes of save, restore and
// console, which stay on the executor of the caller.
//
// The parts: memory_machine.cpp the definition and the life, memory_transfer.cpp save and restore, memory_console.cpp.

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "driver/container_sink.h"
#include "driver/container_source.h"
#include "driver/host.h"
#include "driver/memory_house.h"
#include "driver/pretend_guest.h"
#include "io/alarm.h"
#include "io/failure.h"
#include "model/domain.h"
#include "model/job.h"
#include "model/lifecycle.h"

namespace sluice::driver {

class MemoryMachine final : public Machine, public std::enable_shared_from_this<MemoryMachine> {
 public:
  MemoryMachine(std::shared_ptr<MemoryHouse> house, Uuid uuid, std::string name);

  Uuid uuid() const override { return uuid_; }
  Task<MachineRef> ref() override;
  Task<MachineInfo> info() override;
  Task<std::string> xml(XmlOptions options) override;
  Task<bool> persistent() override;
  Task<bool> autostart() override;
  Task<> set_autostart(bool on) override;
  Task<> start(StartOptions options) override;
  Task<> shutdown(ShutdownOptions options) override;
  Task<> reset() override;
  Task<> destroy(DestroyOptions options) override;
  Task<> pause() override;
  Task<> resume() override;
  Task<> undefine() override;
  Task<> save(io::Sink& to, SaveOptions options, Job& job) override;
  Task<> console(io::Source& keys, io::Sink& screen, ConsoleOptions options) override;
  Task<std::optional<ActiveJob>> job() override;
  Task<> abort_job() override;

  // For the host, on the strand.
  const std::string& name() const { return name_; }
  std::int32_t id() const { return id_; }  // -1: not running
  void define_here(model::DomainSpec spec);
  void start_here(model::DomainSpec spec, StartOptions options);
  void forget_if_nothing();
  void close_here();  // ends what runs; who waits for this machine hears why

  // A restore in its steps, for the host: begin, read, then finish; or stop. Reading is done on the executor of the
  // caller, the others on the strand.
  void begin_restore(const model::DomainSpec& spec, Job& job, std::shared_ptr<io::Alarm> alarm);
  Task<PretendGuest> read_state(ContainerSource& from, std::shared_ptr<io::Alarm> alarm);
  void finish_restore(PretendGuest guest, bool running);
  void stop_restore();

 private:
  struct Session {  // of a console
    std::shared_ptr<io::Alarm> alarm;
    bool guest_ended = false;
  };
  struct Saving {  // what a save found, for taking it back
    bool begun = false;
    bool confirmed = false;  // the reader has it all and said so
    bool was_running = false;
    std::optional<PretendGuest> guest;
    std::string xml;
  };

  template <class Make>
  auto here(Make make) {
    return io::on(house_->strand(), std::move(make));
  }
  Instant now() const { return house_->clock().now(); }
  std::string quoted() const { return "machine '" + name_ + "'"; }
  [[noreturn]] void refuse(const std::string& why, Code code = Code::operation_invalid) const;
  void refuse_if_closed() const;
  void refuse_if_busy() const;
  void take(model::Step step);  // or refuses it
  void tell(const model::Report& report) const;
  void vanish(const std::string& why);  // the guest is gone
  MachineInfo info_here() const;
  std::string xml_here(XmlOptions options) const;
  void power_off();

  void begin_job(model::JobKind kind, Job& job, std::shared_ptr<io::Alarm> alarm);
  void end_job();
  void begin_save(SaveOptions options, Job& job, std::shared_ptr<io::Alarm> alarm, Saving& saving);
  Task<> write_state(const Saving& saving, ContainerSink& to, std::uint64_t bandwidth);
  void give_up();
  void take_back(const Saving& saving);
  void die(const std::string& why);

  std::string console_device(const std::string& wanted) const;
  Task<> talk(io::Source& keys, io::Sink& screen);
  std::string typed(Bytes keys);
  std::string open_console(ConsoleOptions options, std::shared_ptr<Session> session);

  const std::shared_ptr<MemoryHouse> house_;
  const Uuid uuid_;
  const std::string name_;

  std::optional<model::DomainSpec> defined_, live_;
  bool autostart_ = false;
  model::Life life_;
  std::optional<PretendGuest> guest_;
  std::int32_t id_ = -1;

  model::JobSlot jobs_;
  Job* job_ = nullptr;  // while the slot is taken
  std::shared_ptr<io::Alarm> job_alarm_;
  std::map<std::string, std::shared_ptr<Session>> consoles_;  // by device
};

}  // namespace sluice::driver
