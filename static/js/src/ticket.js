/** A ticket as people read it out: "7c19a2…" → "7C19-A2". */
export const shortTicket = (ticket) => `${ticket.slice(0, 4)}-${ticket.slice(4, 6)}`.toUpperCase();
