"""What comes back on paper: scanned pages, their QR codes and ink, photographed slips."""
