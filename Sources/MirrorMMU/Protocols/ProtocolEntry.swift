/// An update protocol as a value: what the engines need of it without being generic over it.
import Machine

package struct ProtocolEntry: Sendable {
  let name: String
  let summary: String
  let alternatives: Alternatives
  let perform: @Sendable (ModelMMU, TaskPointer, Request) -> Effect
  let tearDown: @Sendable (ModelMMU, TaskPointer) -> Void

  /// Inlined, so that each protocol is compiled into straight calls where it is listed.
  @inline(__always) package init<Variant: UpdateProtocol>(_: Variant.Type) {
    name = Variant.name
    summary = Variant.summary
    alternatives = Variant.alternatives
    perform = { model, task, request in model.perform(TdpMmu<Variant>(kvm: model.kvm, task: task), request) }
    tearDown = { model, task in TdpMmu<Variant>(kvm: model.kvm, task: task).destroyVm() }
  }
}
