// SPDX-License-Identifier: Apache-2.0
// The scenarios of the contract, by theme.
#pragma once

#include "tests/io/backend_contract.h"

namespace fanlight {

// Accepting, cancelling, closing.
void accept_several(ContractWorld& world);
void accept_without_descriptors(ContractWorld& world);
void spare_descriptor_makes_room_for_one(ContractWorld& world);
void cancel_waiting_requests(ContractWorld& world);
void cancel_unknown(ContractWorld& world);
void close_ends_connection(ContractWorld& world);
void descriptor_is_reused(ContractWorld& world);
void registered_descriptor_sends_and_closes(ContractWorld& world);
void bad_descriptors(ContractWorld& world);

// Waiting.
void eventfd_wakes_once(ContractWorld& world);
void deadline_in_the_past(ContractWorld& world);
void deadline_is_reached(ContractWorld& world);
void events_beyond_the_span(ContractWorld& world);
void two_thousand_completions(ContractWorld& world);
void requests_beyond_the_queue(ContractWorld& world);

// Streams.
void receive_data_and_end(ContractWorld& world);
void receive_reset(ContractWorld& world);
void receive_waits_for_data(ContractWorld& world);
void send_whole(ContractWorld& world);
void send_into_full_socket(ContractWorld& world);
void send_three_pieces(ContractWorld& world);
void send_pieces_into_full_socket(ContractWorld& world);
void send_large_first_piece_into_full_socket(ContractWorld& world);
void send_frames_of_all_sizes(ContractWorld& world);
void reset_ends_waiting_send(ContractWorld& world);
void shutdown_ends_waiting_requests(ContractWorld& world);
void shutdown_of_writing_leaves_reading(ContractWorld& world);
void receive_and_send_wait_together(ContractWorld& world);
void poll_then_receive(ContractWorld& world);
void poll_reports_end(ContractWorld& world);
void poll_reports_reset(ContractWorld& world);

// Zero copy.
void zero_copy_completes_twice_or_is_refused(ContractWorld& world);
void zero_copy_is_cancelled_only_while_it_waits(ContractWorld& world);
void zero_copy_to_a_stalled_peer_ends_with_a_reset(ContractWorld& world);

}  // namespace fanlight
