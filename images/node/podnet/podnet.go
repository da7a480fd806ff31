// Package podnet joins the Pods of all nodes. On its own node it keeps the CNI configuration, one route
// to each other node's Pods, and one rule that masquerades what leaves the Pod network. It does not
// enforce NetworkPolicy.
package podnet

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/vishvananda/netlink"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

// ours marks the routes made here (any number above the kernel's and the daemons' reserved ones).
const ours netlink.RouteProtocol = 142

const cniFile = "/etc/cni/net.d/10-podnet.conflist"

const cniConfig = `{
  "cniVersion": "0.4.0",
  "name": "podnet",
  "plugins": [
    {"type": "ptp", "mtu": %d, "ipMasq": false,
     "ipam": {"type": "host-local", "dataDir": "/run/podnet", "ranges": [[{"subnet": "%s"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
    {"type": "portmap", "capabilities": {"portMappings": true}}
  ]
}
`

// Main runs until it is told to stop; the kubelet restarts it when it fails.
func Main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Getenv("NODE_NAME"), os.Getenv("POD_SUBNET")); err != nil {
		fmt.Fprintln(os.Stderr, "podnet:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, self, podSubnet string) error {
	if _, _, err := net.ParseCIDR(podSubnet); err != nil || self == "" {
		return fmt.Errorf("reading NODE_NAME %q and POD_SUBNET %q: %v", self, podSubnet, err)
	}
	config, err := rest.InClusterConfig()
	if err != nil {
		return fmt.Errorf("finding the API server: %w", err)
	}
	if endpoint := os.Getenv("CONTROL_PLANE_ENDPOINT"); endpoint != "" {
		config.Host = "https://" + endpoint // the Service's address needs kube-proxy, which may come later
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactory(client, 0)
	nodes := factory.Core().V1().Nodes()
	changed := make(chan struct{}, 1)
	wake := func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	}
	if _, err = nodes.Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: func(any) { wake() }, UpdateFunc: func(any, any) { wake() }, DeleteFunc: func(any) { wake() },
	}); err != nil {
		return err
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	again := time.NewTicker(30 * time.Second) // what somebody else removed from the kernel comes back
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		case <-again.C:
		}
		all, err := nodes.Lister().List(labels.Everything())
		if err != nil {
			return err
		}
		if err := settle(self, podSubnet, all); err != nil {
			return err
		}
	}
}

// settle makes the kernel and the CNI configuration agree with the nodes as they are now.
func settle(self, podSubnet string, nodes []*corev1.Node) error {
	link, mtu, err := uplink()
	if err != nil {
		return err
	}
	wanted := map[string]net.IP{}
	for _, n := range nodes {
		switch address := internalIP(n); {
		case n.Spec.PodCIDR == "":
		case n.Name == self:
			if err := writeIfNew(cniFile, fmt.Sprintf(cniConfig, mtu, n.Spec.PodCIDR)); err != nil {
				return err
			}
		case address != nil:
			wanted[n.Spec.PodCIDR] = address
		}
	}
	if err := setRoutes(link, wanted); err != nil {
		return err
	}
	return masquerade(podSubnet)
}

func internalIP(n *corev1.Node) net.IP {
	for _, a := range n.Status.Addresses {
		if a.Type == corev1.NodeInternalIP {
			return net.ParseIP(a.Address).To4()
		}
	}
	return nil
}

// uplink is the link of the default route: the network that the nodes share.
func uplink() (index, mtu int, err error) {
	routes, err := netlink.RouteList(nil, netlink.FAMILY_V4)
	if err != nil {
		return 0, 0, fmt.Errorf("listing routes: %w", err)
	}
	for _, r := range routes {
		if r.Gw != nil && (r.Dst == nil || r.Dst.IP.IsUnspecified()) {
			link, err := netlink.LinkByIndex(r.LinkIndex)
			if err != nil {
				return 0, 0, fmt.Errorf("looking up link %d: %w", r.LinkIndex, err)
			}
			return r.LinkIndex, link.Attrs().MTU, nil
		}
	}
	return 0, 0, fmt.Errorf("no default route among %d routes", len(routes))
}

func setRoutes(link int, wanted map[string]net.IP) error {
	present, err := netlink.RouteListFiltered(netlink.FAMILY_V4, &netlink.Route{Protocol: ours}, netlink.RT_FILTER_PROTOCOL)
	if err != nil {
		return fmt.Errorf("listing our routes: %w", err)
	}
	for _, r := range present {
		if gateway, keep := wanted[r.Dst.String()]; keep && gateway.Equal(r.Gw) {
			delete(wanted, r.Dst.String())
		} else if err := netlink.RouteDel(&r); err != nil {
			return fmt.Errorf("removing the route to %s: %w", r.Dst, err)
		}
	}
	for cidr, gateway := range wanted {
		_, subnet, err := net.ParseCIDR(cidr)
		if err != nil {
			return err
		}
		route := netlink.Route{LinkIndex: link, Dst: subnet, Gw: gateway, Protocol: ours}
		if err := netlink.RouteReplace(&route); err != nil {
			return fmt.Errorf("adding the route to %s via %s: %w", cidr, gateway, err)
		}
	}
	return nil
}

func masquerade(podSubnet string) error {
	rule := []string{"POSTROUTING", "-s", podSubnet, "!", "-d", podSubnet, "-j", "MASQUERADE"}
	if exec.Command("iptables", append([]string{"-w", "-t", "nat", "-C"}, rule...)...).Run() == nil {
		return nil
	}
	if out, err := exec.Command("iptables", append([]string{"-w", "-t", "nat", "-A"}, rule...)...).CombinedOutput(); err != nil {
		return fmt.Errorf("adding the masquerade rule: %w: %s", err, out)
	}
	return nil
}

// writeIfNew replaces the file whole, so that the container runtime never reads half of it.
func writeIfNew(path, content string) error {
	if old, err := os.ReadFile(path); err == nil && string(old) == content {
		return nil
	}
	next := filepath.Join(filepath.Dir(path), ".podnet.next")
	if err := os.WriteFile(next, []byte(content), 0o644); err != nil {
		return err
	}
	return os.Rename(next, path)
}
